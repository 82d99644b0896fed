/* The driver's side of the conformance conversations. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cancel_run.h"

static const char *token(const char *reason, void *scenario) {
    return cJSON_GetStringValue(cJSON_GetObjectItem(scenario, strcmp(reason, "rejected") ? "token" : "fresh_token"));
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        cJSON *scenario = cJSON_Parse(line), *begin = cJSON_CreateObject();
        for (const char **name = (const char *[]){"endpoint", "request", "policy", NULL}; *name; name++)
            cJSON_AddItemToObject(begin, *name, cJSON_DetachItemFromObject(scenario, *name));
        cJSON *result = cancel_run(begin, token, scenario);
        char *said = cJSON_PrintUnformatted(result);
        printf("%s\n", said ? said : "null");
        fflush(stdout);
        free(said);
        cJSON_Delete(result);
        cJSON_Delete(scenario);
    }
    free(line);
}
