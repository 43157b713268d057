/* What the other headers need to declare functions. Include <heddle/heddle.h> instead. */
#pragma once

#ifdef __cplusplus
#define HEDDLE_BEGIN extern "C" {
#define HEDDLE_END }
#else
#define HEDDLE_BEGIN
#define HEDDLE_END
#endif

/* Exported, and never inlined: a call is recorded with its return address, which has to be in the program. */
#define HEDDLE_API __attribute__((visibility("default"), noinline))
#define HEDDLE_API_CHECKED HEDDLE_API __attribute__((warn_unused_result))
