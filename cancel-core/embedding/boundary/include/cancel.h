/* cancel-core for C. The manual's page "embedding" describes the JSON. Any thread may call. Nothing blocks, but that
 * two calls with one handle wait for each other. */
#include <stddef.h>
#include <stdint.h>

/* A session has one conversation. 0: there is none to be had. */
uint32_t cancel_open(void);
void cancel_close(uint32_t handle);

/* Takes a call in JSON, with the bytes that belong to it: a token, or the head and the body of an answer. Nothing is
 * kept of either. Returns the length of the answer, or 0: the handle is wrong. */
size_t cancel_call(uint32_t handle, const void *json, size_t json_length, const void *bytes, size_t bytes_length);

/* Each copies at most `capacity` bytes, without a 0 at the end, and returns how many there are. */
size_t cancel_answer(uint32_t handle, void *into, size_t capacity);        /* to the last call, in JSON */
size_t cancel_authorization(uint32_t handle, void *into, size_t capacity); /* the header's value: a secret */
size_t cancel_body(uint32_t handle, void *into, size_t capacity);          /* of the request in flight */
