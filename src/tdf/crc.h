/* CRC-32 of ZIP entries (IEEE 802.3), of parts that were computed apart. */
#ifndef ENT_TDF_CRC_H
#define ENT_TDF_CRC_H

#include "base/view.h"

uint32_t ent_crc_add(uint32_t crc, struct ent_view bytes); /* crc of the bytes before; 0 at the start */

/* What has to be done to a CRC when len bytes follow: x^(8 len) modulo the polynomial. */
uint32_t ent_crc_shift(uint64_t len);

/* The CRC of a followed by b; shift = ent_crc_shift(length of b). */
uint32_t ent_crc_combine(uint32_t crc_a, uint32_t crc_b, uint32_t shift);

#endif
