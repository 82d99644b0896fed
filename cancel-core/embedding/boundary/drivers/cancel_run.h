/* The driver over libcurl. */
#include <cjson/cJSON.h>

/* Cancels, and returns the outcome or the error, to be deleted. NULL: `begin` was refused, or there was no token. `begin`
 * has the members of the call `begin`, without the time, and is deleted. `token` is asked for the token alone. */
cJSON *cancel_run(cJSON *begin, const char *(*token)(const char *reason, void *context), void *context);
