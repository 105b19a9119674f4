/*
 * Lanes: the segments of one file worked on by several threads inside one call.
 *
 * Each lane has one buffer and carries one segment at a time through load, work and store. Lanes claim segments by counting;
 * where input or output has an order (pipes), load or store is done in that order. The calling thread is a lane too.
 */
#ifndef ENT_TDF_LANES_H
#define ENT_TDF_LANES_H

#include "base/status.h"

#define ENT_LIMIT_LANES_MEMORY (20u << 20) /* bytes of buffers in flight, on any machine (contracts: Files) */
#define ENT_LIMIT_LANES 64

struct ent_lane {
	uint64_t index;  /* of the segment in the buffer */
	uint8_t *buffer; /* buffer_len bytes */
	size_t len;      /* whatever load, work and store agree on */
	void *own;       /* of the lane: made by start, freed by stop */
};

struct ent_lanes {
	unsigned threads;    /* wanted; 0: one per core. Fewer where segments or memory are few */
	size_t buffer_len;
	uint64_t count;      /* segments, or UINT64_MAX: load tells the end */
	bool load_in_order;  /* load is called for 0, 1, 2 ..., one call at a time */
	bool store_in_order;
	void *arg;
	enum ent_status (*start)(void *arg, struct ent_lane *lane, struct ent_error *err);
	void (*stop)(void *arg, struct ent_lane *lane);
	/* *end (only with load_in_order): there is no segment any more. */
	enum ent_status (*load)(void *arg, struct ent_lane *lane, bool *end, struct ent_error *err);
	enum ent_status (*work)(void *arg, struct ent_lane *lane, struct ent_error *err);
	enum ent_status (*store)(void *arg, struct ent_lane *lane, struct ent_error *err);
	void (*tick)(void *arg); /* in the calling thread, now and then */
};

/* Run to the end or to the first failure; then all lanes stop. The error is that of the earliest segment that failed. */
ENT_MUST_USE enum ent_status ent_lanes_run(const struct ent_lanes *lanes, struct ent_error *err);

#endif
