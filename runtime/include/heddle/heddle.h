/* Concurrency for C in the manner of Rust's standard library. */
#pragma once
