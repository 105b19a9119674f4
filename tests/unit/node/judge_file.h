/* A file as a writer would make it, and requests for its share, for tests of the judge. */
#ifndef ENT_TESTS_JUDGE_FILE_H
#define ENT_TESTS_JUDGE_FILE_H

#include "crypto/wrap.h"
#include "judge_fixture.h"
#include "kas/rewrap.h"

#define REWRAP "/kas.AccessService/Rewrap"
#define SEAL "/entente.v1.SealService/Seal"
#define LIST "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers"
#define FQN "https://aukus.example/attr/project/value/quantum"

struct file {
	char uuid[ENT_UUID_TEXT_SIZE];
	struct ent_secret *shares[2]; /* split 1: uk or us; split 2: au, the originator */
	struct ent_buf seal_text;
	struct ent_buf policy; /* base64 */
	struct ent_pubkey *ephemeral;
	uint8_t wrapped[ENT_EC_WRAP_LEN];
	char binding[ENT_BINDING_SIZE];
};
void file_init(struct file *file, const struct node *node); /* shares and the text of its seal */
void file_close(struct file *file, struct ent_view note);  /* policy, wrap and binding around the signed seal */
void file_sealed(struct file *file, struct node *node);    /* both, sealed by the node for alice@au.example */
void file_fini(struct file *file);
struct reply ask_seal(struct node *node, const struct person *person, struct file *file);

struct opening {
	struct ent_key *session;
	const char *sid;  /* NULL: 2 */
	const char *kid;  /* NULL: the node's */
	const char *url;  /* NULL: the node's */
	size_t objects;      /* of each policy; 0: 1 */
	bool no_objects;
	const char *session_pem; /* NULL: of a fresh key */
	size_t copies;    /* of the policy; 0: 1 */
};
/* {"signedRequestToken"}; a fresh session key goes into o. The caller frees both. */
char *rewrap_body(const struct node *node, const struct ent_key *key, const struct file *file, struct opening *o);
struct reply ask_rewrap(struct node *node, const struct person *person, const struct file *file, struct opening *o);

/* A string member that must be there. */
const char *text_of(const json_t *json, const char *name);
const json_t *result_of(const struct reply *reply, size_t policy); /* the first object's */
bool has_reason(const json_t *result, const char *code);
void assert_opens(const struct reply *reply, size_t policy, const struct file *file, const struct opening *o);
void assert_refused(const struct reply *reply, const char *error, const char *code);
void assert_entry(const struct node *node, uint64_t index, const char *result);
void assert_record_has(const struct node *node, uint64_t index, const char *line);

#endif
