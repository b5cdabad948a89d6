/* The least that a client can do: one submit_sm made in advance, its sequence number set, the responses counted.
 *
 *   floor load PORT CA COUNT WARM-UP WINDOW ACCOUNT      CA: a PEM file, or - for no TLS
 *
 * Receipts are answered. Prints its result as JSON and waits for the end of its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
static SSL *tls;
#endif

enum { HEADER = 16, BUFFER = 256 * 1024 };
static const uint32_t SUBMIT_SM = 4, DELIVER_SM = 5, BIND_TRANSCEIVER = 9, RESPONSE = 0x80000000;

static int wire;
static uint8_t input[BUFFER], output[BUFFER];
static size_t used, filled;
static uint32_t sequence;

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t get(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, 4);
    return ntohl(value);
}

static void set(uint8_t *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, 4);
}

static void put(uint32_t command, uint32_t number, const void *body, size_t size) {
    if (BUFFER - filled < HEADER + size) fail("too much to send at once");
    uint8_t *at = output + filled;
    set(at, HEADER + size);
    set(at + 4, command);
    set(at + 8, 0);
    set(at + 12, number);
    memcpy(at + HEADER, body, size);
    filled += HEADER + size;
}

static void flush(void) {
    for (size_t at = 0; at < filled;) {
        ssize_t sent;
#ifdef WITH_TLS
        if (tls)
            sent = SSL_write(tls, output + at, (int)(filled - at));
        else
#endif
            sent = send(wire, output + at, filled - at, 0);
        if (sent <= 0) fail("cannot send");
        at += (size_t)sent;
    }
    filled = 0;
}

/* Take what is there, at least something; count what came. */
static void take(int *responses, int *receipts) {
    ssize_t got;
#ifdef WITH_TLS
    if (tls)
        got = SSL_read(tls, input + used, (int)(BUFFER - used));
    else
#endif
        got = recv(wire, input + used, BUFFER - used, 0);
    if (got <= 0) fail("the SMSC left");
    used += (size_t)got;
    size_t at = 0;
    while (used - at >= HEADER) {
        uint32_t length = get(input + at), command = get(input + at + 4);
        if (used - at < length) break;
        if (command == DELIVER_SM) {
            put(DELIVER_SM | RESPONSE, get(input + at + 12), "", 1);
            ++*receipts;
        } else {
            ++*responses;
        }
        at += length;
    }
    memmove(input, input + at, used - at);
    used -= at;
}

static void run(int count, int window, bool with_receipts) {
    static const uint8_t fields[] = "\0\5\0" "12345\0\1\1" "31612345678\0\0\0\0\0\0\1\0\0\0\xa0";
    uint8_t body[sizeof fields - 1 + 160];
    memcpy(body, fields, sizeof fields - 1);
    memset(body + sizeof fields - 1, 'x', 160);
    int sent = 0, responses = 0, receipts = 0;
    while (responses < count || (with_receipts && receipts < count)) {
        for (; sent < count && sent - responses < window; sent++) put(SUBMIT_SM, ++sequence, body, sizeof body);
        flush();
        take(&responses, &receipts);
    }
    flush();
}

static void open_wire(int port, const char *authority) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)port);
    wire = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    if (connect(wire, (struct sockaddr *)&address, sizeof address)) fail("cannot connect");
    setsockopt(wire, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!strcmp(authority, "-")) return;
#ifdef WITH_TLS
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(context, authority, NULL) != 1) fail("cannot read the authority");
    tls = SSL_new(context);
    SSL_set_fd(tls, wire);
    if (SSL_connect(tls) != 1) fail("TLS failed");
#else
    fail("built without TLS");
#endif
}

int main(int argc, char **argv) {
    if (argc != 8) fail("load PORT CA COUNT WARM-UP WINDOW ACCOUNT");
    int count = atoi(argv[4]), warm_up = atoi(argv[5]), window = atoi(argv[6]), bound = 0, none = 0;
    bool with_receipts = !strcmp(argv[7], "receipts");
    open_wire(atoi(argv[2]), argv[3]);
    uint8_t login[64] = {0};
    size_t size = strlen(argv[7]) + 1;
    memcpy(login, argv[7], size);
    memcpy(login + size, "secret\0\0\x34\0\0", 12);
    put(BIND_TRANSCEIVER, ++sequence, login, size + 12);
    flush();
    while (!bound) take(&bound, &none);
    run(warm_up, window, with_receipts);
    double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    run(count, window, with_receipts);
    printf("{\"messages\": %d, \"seconds\": %.6f, \"cpu\": %.6f}\n", count, seconds(CLOCK_MONOTONIC) - began,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    fflush(stdout);
    while (getchar() != EOF) continue;
    return 0;
}
