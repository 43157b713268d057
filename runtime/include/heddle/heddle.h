/* Concurrency for C in the manner of Rust's standard library: threads that are joined for their result, channels, and
 * mutexes with guards and poisoning. Under `heddle run` every call records itself; without it, recording costs a load
 * and a branch.
 *
 *     cc program.c $(pkg-config --cflags --libs heddle)
 *
 * What holds for every function in these headers:
 *
 *   Errors     0 or a negative errno value; each function lists its own. errno itself is left alone. Outputs come
 *              last, are named ret_..., and are written only on success, unless said otherwise.
 *   Times      are in nanoseconds, on CLOCK_MONOTONIC.
 *   Blocking   is said where it happens. A function that says nothing of it does not block.
 *   Threads    Anything may be called from any thread, also from one that pthread_create() made, unless said otherwise.
 *              Nothing may be called from a signal handler. Nothing here is a cancellation point.
 *   fork       The child has one thread and copies of everything. Mutexes held by other threads stay held in it. */
#pragma once

#include <heddle/channel.h>
#include <heddle/mutex.h>
#include <heddle/thread.h>
