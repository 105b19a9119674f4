/* What tests of notes share: two known keys, and short ways to parse. Seeds are 1, 2, 3 ... and 65, 66, 67 ... */
#ifndef ENT_TESTS_NOTE_FIXTURE_H
#define ENT_TESTS_NOTE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "note/note.h"

#define DOE_SECRET "PRIVATE+KEY+au.example/officer/doe+7143bec7+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
#define DOE_KEY "au.example/officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk"
#define POE_SECRET "PRIVATE+KEY+uk.example/officer/poe+29bbe4aa+AUFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9g"
#define POE_KEY "uk.example/officer/poe+29bbe4aa+Aa3BQBH4LRxW2VaqT51z2IWDYaYGBIUl4NCMY43HXdjH"

/* As golang.org/x/mod/sumdb/note v0.20.0 signed it. */
#define STOP_TEXT "charter/v1 statement stop\nby au.example\nreason fr \"Arr\xc3\xaat\"\n"
#define DASH "\xe2\x80\x94 "
#define DOE_LINE                                                                                                       \
	DASH "au.example/officer/doe "                                                                                 \
	     "cUO+x5nragGjLoSNqDyVjGvXxnwybAY6QoAmE0fanQLcAlONqnQqK9n7LnmRdGS8FpTbV8Mlzfk6BzRKo/wh0ZzKzAc=\n"
#define POE_LINE                                                                                                       \
	DASH "uk.example/officer/poe "                                                                                 \
	     "KbvkqiGnkwo/rOTtmDyBrQGiSGx8QFOhX85pmZQ1V5HXolWlLvJVSpgNzHOo9HNWrCzmDxYA6d+Llm3LmiJ0n3oOPwA=\n"
#define UNKNOWN_LINE DASH "us.example/officer/roe AAAAAAE=\n"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

static inline struct ent_vkey
vkey_of(const char *line)
{
	struct ent_error err = { 0 };
	struct ent_vkey key;

	assert_ok(ent_vkey_parse(&key, ent_view_str(line), ENT_NOTE_TYPE_ED25519, &err));
	return key;
}

static inline struct ent_signer *
signer_of(const char *line)
{
	struct ent_error err = { 0 };
	struct ent_signer *signer;

	assert_ok(ent_signer_parse(&signer, ent_view_str(line), &err));
	return signer;
}

#endif
