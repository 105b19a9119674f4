/*
 * The contract of store.h as tests: any store runs them. A store's test calls ent_store_contract_run() with the way to open an
 * empty store, and adds what is special about it.
 */
#ifndef ENT_TESTS_STORE_CONTRACT_H
#define ENT_TESTS_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/store.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

struct ent_store_kind {
	const char *name;
	/* Open a store that did not exist before (first true), or the same one again. */
	struct ent_store *(*open)(bool first);
	void (*remove)(void);
};

/* The number of failed tests. */
int ent_store_contract_run(const struct ent_store_kind *kind);

#endif
