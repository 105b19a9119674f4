/*
 * Status, the error object, and scope cleanup.
 *
 * Every function that can fail returns enum ent_status and takes a struct ent_error that the caller owns.
 * The first failure wins: ent_fail() never overwrites an error that is already set.
 */
#ifndef ENT_BASE_STATUS_H
#define ENT_BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENT_MUST_USE __attribute__((warn_unused_result))
#define ENT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* One row per error in errors.def: the table is the only place that says what an error means outside. */
enum ent_status {
	ENT_OK = 0,
#define ENT_ERROR(id, name, http, exit_code, audience, public_text) ENT_E_##id,
#include "base/errors.def"
#undef ENT_ERROR
	ENT_STATUS_COUNT
};

/* Who may read the detail text of an error. */
enum ent_audience {
	ENT_TO_ALL,    /* the detail may go to any caller */
	ENT_TO_MEMBER, /* to authenticated callers of the node's own party; others get public_text */
	ENT_TO_LOG     /* only to the node's own log */
};

#define ENT_ERROR_TEXT_MAX 640

struct ent_error {
	enum ent_status code;
	char text[ENT_ERROR_TEXT_MAX]; /* UTF-8, one line: what, where, why, what next */
};

struct ent_error_row {
	const char *name;        /* stable, lower-case with dashes; printed by --json and in log lines */
	int http;                /* HTTP status at the node's edge */
	int exit_code;           /* of the command line (contracts: Commands) */
	enum ent_audience audience;
	const char *public_text; /* what a stranger is told */
};

/* The row of a status; ENT_OK has one too (exit 0).  Never NULL. */
const struct ent_error_row *ent_status_row(enum ent_status status);

/* The status with that row name; ENT_STATUS_COUNT if there is none. */
enum ent_status ent_status_from_name(const char *name);

/* Set err (if it is not NULL and still clear): code and a printf-formatted text. */
void ent_error_set(struct ent_error *err, enum ent_status status, const char *fmt, ...) ENT_PRINTF(3, 4);
void ent_error_set_errno(struct ent_error *err, enum ent_status status, int errnum, const char *fmt, ...)
    ENT_PRINTF(4, 5);

/* return ent_fail(err, ENT_E_LIMIT, "%u entries, limit %u", n, max);  A macro, so that compilers see the status. */
#define ent_fail(err, status, ...) (ent_error_set((err), (status), __VA_ARGS__), (status))

/* As ent_fail, with ": " and strerror(errnum) at the end. */
#define ent_fail_errno(err, status, errnum, ...)                                                                       \
	(ent_error_set_errno((err), (status), (errnum), __VA_ARGS__), (status))

/* Put "<context>: " in front of the text of an error that is set. Returns the error's status. */
enum ent_status ent_error_context(struct ent_error *err, const char *fmt, ...) ENT_PRINTF(2, 3);

/* Forget an error, so that the object can be used for another attempt. */
void ent_error_clear(struct ent_error *err);

/* Return at once on failure. */
#define ENT_TRY(call)                                                                                                  \
	do {                                                                                                           \
		enum ent_status ent_try_status_ = (call);                                                              \
		if (ent_try_status_ != ENT_OK)                                                                         \
			return ent_try_status_;                                                                        \
	} while (0)

/* Ignore a status on purpose: the reason belongs in a comment beside it. */
#define ENT_IGNORE(call)                                                                                               \
	do {                                                                                                           \
		enum ent_status ent_ignored_ = (call);                                                                 \
		(void)ent_ignored_;                                                                                    \
	} while (0)

/*
 * ENT_AUTO(ent_zip) z = NULL;  calls ent_zip_free(z) when the scope ends.
 * Each opaque type ent_x with ent_x_free(struct ent_x *) says ENT_DEFINE_AUTO(ent_x) in its header.
 */
#define ENT_AUTO(type) __attribute__((cleanup(type##_auto_free_))) struct type *
#define ENT_DEFINE_AUTO(type)                                                                                          \
	static inline void type##_auto_free_(struct type **p)                                                          \
	{                                                                                                              \
		type##_free(*p);                                                                                       \
	}
/* ENT_AUTO_FINI(ent_buf) b;  calls ent_buf_fini(&b); for structs held by value. */
#define ENT_AUTO_FINI(type) __attribute__((cleanup(type##_fini))) struct type

/* Move a pointer out of its owner: *out = ent_take(&zip); */
#define ent_take(owner)                                                                                                \
	({                                                                                                             \
		__typeof__(*(owner)) ent_taken_ = *(owner);                                                            \
		*(owner) = NULL;                                                                                       \
		ent_taken_;                                                                                            \
	})

#define ENT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Our own bugs only; stays on in release builds. Nothing from outside may reach one. */
#define ENT_ASSERT(condition) ((condition) ? (void)0 : ent_assert_failed(#condition, __FILE__, __LINE__))
void ent_assert_failed(const char *condition, const char *file, int line) __attribute__((noreturn));

/* Exit codes of the command line (contracts, Commands). */
enum ent_exit {
	ENT_EXIT_DONE = 0,
	ENT_EXIT_OTHER = 1,
	ENT_EXIT_USAGE = 2,
	ENT_EXIT_DENIED = 3,
	ENT_EXIT_TAMPERED = 4,
	ENT_EXIT_UNAVAILABLE = 5,
	ENT_EXIT_INPUT = 6
};

#endif
