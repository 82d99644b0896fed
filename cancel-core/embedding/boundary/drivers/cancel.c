/* Cancels a publish: cancel-core over libcurl and cJSON. `cancel_run`, at the end, is what a program calls. */
#include "../include/cancel.h"
#include "cancel_run.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An answer as it arrives: the lines of its head, a blank line, and its body. */
struct answer {
    CURL *curl;
    FILE *bytes;
    size_t room; /* 0: the body is too large */
    long status; /* 0: the head is not complete */
    int is_http1;
};

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)(now.tv_nsec / 1000000);
}

static double number(const cJSON *of, const char *name) { return cJSON_GetNumberValue(cJSON_GetObjectItem(of, name)); }
static char *text(const cJSON *of, const char *name) { return cJSON_GetStringValue(cJSON_GetObjectItem(of, name)); }

/* What one of the functions of cancel.h copies, with a 0 at its end. */
static char *copied(size_t (*copy)(uint32_t, void *, size_t), uint32_t session) {
    size_t length = copy(session, NULL, 0);
    char *into = calloc(length + 1, 1);
    if (into) copy(session, into, length);
    return into;
}

/* Takes the members of a call, and returns its answer. */
static cJSON *call(uint32_t session, const char *name, cJSON *members, const char *bytes, size_t length) {
    cJSON_AddStringToObject(members, "call", name);
    if (strcmp(name, "token")) cJSON_AddNumberToObject(members, "now_ms", now_ms());
    char *json = cJSON_PrintUnformatted(members);
    cancel_call(session, json, json ? strlen(json) : 0, bytes, length);
    char *said = copied(cancel_answer, session);
    cJSON *answer = cJSON_Parse(said);
    free(said), free(json);
    cJSON_Delete(members);
    return answer;
}

static size_t on_head(char *line, size_t size, size_t length, void *into) {
    struct answer *answer = into;
    if (answer->status) return length; /* a trailer */
    if (!strncmp(line, "HTTP/", 5)) { /* the first line, also after a 1xx */
        answer->is_http1 = !strncmp(line, "HTTP/1", 6);
        return rewind(answer->bytes), length;
    }
    fwrite(line, size, length, answer->bytes);
    if (line[0] == '\r' || line[0] == '\n') curl_easy_getinfo(answer->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    if (answer->status < 200) answer->status = 0;
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t length, void *into) {
    struct answer *answer = into;
    answer->room -= fwrite(bytes, size, length < answer->room ? length : answer->room, answer->bytes);
    return answer->room ? length : 0;
}

static struct curl_slist *with(struct curl_slist *headers, const char *name, const char *value) {
    char line[70000]; /* a token has 64 KiB at most */
    snprintf(line, sizeof line, "%s: %s", name, value);
    return curl_slist_append(headers, line);
}

/* Sends a request once, and hands in what came of it. On a connection that is used again, libcurl repeats a POST. */
static cJSON *exchange(uint32_t session, const cJSON *step) {
    char *bytes, *authorization = copied(cancel_authorization, session), *body = copied(cancel_body, session);
    size_t length;
    struct answer answer = {curl_easy_init(), open_memstream(&bytes, &length), number(step, "body_limit") + 1, 0, 0};
    struct curl_slist *headers = with(NULL, "Authorization", authorization);
    for (const cJSON *one = cJSON_GetObjectItem(step, "headers")->child; one; one = one->next)
        headers = with(headers, one->string, one->valuestring);
    long left = (long)(number(step, "until_ms") - now_ms()), limit = left > 1 ? left : 1; /* 0 would be no limit */
    curl_easy_setopt(answer.curl, CURLOPT_URL, text(step, "url"));
    if (*body) curl_easy_setopt(answer.curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(answer.curl, CURLOPT_CUSTOMREQUEST, text(step, "method"));
    curl_easy_setopt(answer.curl, CURLOPT_HTTPHEADER, headers);
    if (cJSON_IsTrue(cJSON_GetObjectItem(step, "loopback"))) curl_easy_setopt(answer.curl, CURLOPT_PROXY, "");
    curl_easy_setopt(answer.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(answer.curl, CURLOPT_TIMEOUT_MS, limit);
    curl_easy_setopt(answer.curl, CURLOPT_CONNECTTIMEOUT_MS, limit * 3 / 4 + 1);
    curl_easy_setopt(answer.curl, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(answer.curl, CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(answer.curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(answer.curl, CURLOPT_WRITEDATA, &answer);
    CURLcode code = curl_easy_perform(answer.curl);
    fclose(answer.bytes);
    cJSON *said = cJSON_CreateObject();
    cJSON_AddNumberToObject(said, "id", number(step, "id"));
    if (answer.status) {
        cJSON_AddNumberToObject(said, "status", (double)answer.status);
        const char *arrived = !answer.room ? "too_large" : code ? "cut_off" : answer.is_http1 ? "ended" : "complete";
        cJSON_AddStringToObject(said, "body", arrived);
    } else {
        int is_there = code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_COULDNT_CONNECT;
        cJSON_AddStringToObject(said, "failure", !is_there ? "not_sent" : "maybe_sent");
        cJSON_AddStringToObject(said, "why", curl_easy_strerror(code));
    }
    cJSON *taken = call(session, answer.status ? "response" : "failure", said, bytes, length);
    curl_slist_free_all(headers);
    curl_easy_cleanup(answer.curl);
    free(bytes), free(authorization), free(body);
    return taken;
}

cJSON *cancel_run(cJSON *begin, const char *(*token)(const char *reason, void *context), void *context) {
    uint32_t session = cancel_open();
    cJSON *step, *result = NULL, *taken = call(session, "begin", begin, NULL, 0);
    while (!result && taken && !text(taken, "refused")) {
        cJSON_Delete(taken);
        step = call(session, "step", cJSON_CreateObject(), NULL, 0), taken = NULL;
        const char *kind = text(step, "step"), *fresh;
        if (!strcmp(kind, "done")) result = cJSON_DetachItemFromObject(step, "result");
        if (!strcmp(kind, "send")) taken = exchange(session, step);
        if (!strcmp(kind, "wait")) taken = cJSON_CreateObject(), poll(NULL, 0, (int)number(step, "wait_ms"));
        if (!strcmp(kind, "authenticate") && (fresh = token(text(step, "reason"), context)))
            taken = call(session, "token", cJSON_CreateObject(), fresh, strlen(fresh));
        cJSON_Delete(step);
    }
    cJSON_Delete(taken);
    cancel_close(session);
    return result;
}
