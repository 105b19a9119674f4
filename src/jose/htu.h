/* The `htu` claim of DPoP: a URL without query and fragment, compared after normalisation (RFC 9449 4.3). Pure. */
#ifndef ENT_JOSE_HTU_H
#define ENT_JOSE_HTU_H

#include "base/view.h"

#define ENT_HTU_MAX 2048 /* characters */

/*
 * Do url (of the request, absolute) and htu name the same place? RFC 3986 6.2.2 and 6.2.3: scheme and host in any case,
 * 80 and 443 are the default ports, percent-encoded unreserved characters are those characters, the empty path is "/".
 * Query and fragment do not count. An htu that is only a path is compared with the path (wire reference 2.7).
 * Anything that is not plainly such a URL matches nothing.
 */
bool ent_htu_matches(struct ent_view url, struct ent_view htu);

/* The part of a URL before its query and fragment. */
struct ent_view ent_htu_strip(struct ent_view url);

#endif
