/* The SMSC that every client of the benchmark talks to: one thread, no delay, no storage.
 *
 *   smsc [CERTIFICATE KEY]      PEM files; without them there is no TLS port
 *
 * Prints {"plain": PORT, "tls": PORT or 0} and listens on loopback. For each line on its standard input it prints what
 * it has counted so far; at the end of its input it ends.
 *
 * Any login is taken. A submit_sm of an account named "receipts" is followed by its delivery receipt, in the same write
 * as the response; that for a destination which begins with 9 never comes. Receipts carry the text of SMPP 3.4, appendix
 * B, and the optional parameters receipted_message_id and message_state.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

enum {
    HEADER = 16,
    LARGEST_PDU = 16 * 1024,
    INPUT = 64 * 1024,
    PLENTY = 256 * 1024, /* octets that may wait for a client that does not read; then we read nothing of it */
    LARGEST_ANSWER = 512, /* to one request, its receipt included */
    EVENTS = 256,
};

enum {
    BIND_RECEIVER = 1,
    BIND_TRANSMITTER = 2,
    SUBMIT_SM = 4,
    DELIVER_SM = 5,
    UNBIND = 6,
    BIND_TRANSCEIVER = 9,
    ENQUIRE_LINK = 0x15,
    DATA_SM = 0x103,
    RESPONSE = (int)0x80000000,
    INVALID_COMMAND_ID = 3,
};

struct connection {
    int descriptor;
    bool receipts;
    bool handshaken;
    uint32_t watched; /* events, as epoll was told */
    uint32_t sequence;
    size_t in_used;
    size_t out_begin, out_end, out_room;
    uint8_t *in, *out;
#ifdef WITH_TLS
    SSL *tls;
#endif
};

/* What epoll tells of: a listener, our standard input, or a connection. */
struct source {
    enum { LISTENER, TLS_LISTENER, COMMANDS, CONNECTION } kind;
    int descriptor;
    struct connection connection;
};

static struct {
    unsigned long binds, submits, receipts, acknowledged, refused, enquiries;
} counted;

static int poller;
static uint32_t message_number;
#ifdef WITH_TLS
static SSL_CTX *tls_context;
#endif

static void fail(const char *what) {
    perror(what);
    exit(1);
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

static void put(struct connection *to, uint32_t command, uint32_t status, uint32_t sequence, const void *body,
                size_t size) {
    if (to->out_room - to->out_end < HEADER + size) {
        to->out_room = to->out_room ? 2 * to->out_room : 4096;
        to->out = realloc(to->out, to->out_room);
        if (!to->out) fail("memory");
    }
    uint8_t *at = to->out + to->out_end;
    set(at, HEADER + size);
    set(at + 4, command);
    set(at + 8, status);
    set(at + 12, sequence);
    memcpy(at + HEADER, body, size);
    to->out_end += HEADER + size;
}

static void put_receipt(struct connection *to, const char *id, size_t id_size) {
    static const uint8_t head[] = "\0\1\1" "31612345678\0\1\1" "12345\0\4\0\0\0\0\0\0\0"; /* its NUL: sm_default_msg_id */
    uint8_t body[LARGEST_ANSWER / 2];
    size_t size = sizeof head;
    memcpy(body, head, size);
    char *text = (char *)body + size + 1;
    int length = snprintf(text, 160,
                          "id:%s sub:001 dlvrd:001 submit date:2611220101 done date:2611220101 stat:DELIVRD err:000 text:x",
                          id);
    body[size] = (uint8_t)length;
    size += 1 + (size_t)length;
    const uint8_t receipted[] = {0x00, 0x1e, 0, (uint8_t)id_size}, state[] = {0x04, 0x27, 0, 1, 2};
    memcpy(body + size, receipted, sizeof receipted);
    memcpy(body + size + sizeof receipted, id, id_size);
    size += sizeof receipted + id_size;
    memcpy(body + size, state, sizeof state);
    put(to, DELIVER_SM, 0, ++to->sequence, body, size + sizeof state);
    counted.receipts++;
}

/* After the C-octet string that begins here, or the end. */
static const uint8_t *after(const uint8_t *at, const uint8_t *end) {
    const uint8_t *nul = at < end ? memchr(at, 0, (size_t)(end - at)) : NULL;
    return nul ? nul + 1 : end;
}

static bool gets_a_receipt(const uint8_t *body, const uint8_t *end) {
    const uint8_t *destination = after(after(body, end) + 2, end) + 2; /* service_type, source with its TON and NPI */
    return destination < end && *destination != '9';
}

static void answer(struct connection *to, const uint8_t *pdu, uint32_t length) {
    static const char system_id[] = "BENCH\0\x02\x10\0\1\x34"; /* and sc_interface_version 3.4 */
    const uint8_t *body = pdu + HEADER, *end = pdu + length;
    uint32_t command = get(pdu + 4), sequence = get(pdu + 12);
    switch (command) {
    case BIND_RECEIVER:
    case BIND_TRANSMITTER:
    case BIND_TRANSCEIVER:
        counted.binds++;
        to->receipts = length > HEADER + 9 && !memcmp(body, "receipts", 9);
        put(to, command | RESPONSE, 0, sequence, system_id, sizeof system_id - 1);
        break;
    case SUBMIT_SM: {
        char id[9];
        size_t size = (size_t)snprintf(id, sizeof id, "%08x", ++message_number) + 1;
        counted.submits++;
        put(to, SUBMIT_SM | RESPONSE, 0, sequence, id, size);
        if (to->receipts && gets_a_receipt(body, end)) put_receipt(to, id, size);
        break;
    }
    case DELIVER_SM | RESPONSE:
        counted.acknowledged += !get(pdu + 8);
        counted.refused += !!get(pdu + 8);
        break;
    case ENQUIRE_LINK:
        counted.enquiries++;
        put(to, ENQUIRE_LINK | RESPONSE, 0, sequence, "", 0);
        break;
    case UNBIND:
        put(to, UNBIND | RESPONSE, 0, sequence, "", 0);
        break;
    case DATA_SM:
        put(to, DATA_SM | RESPONSE, 0, sequence, "1", 2);
        break;
    default:
        if (!(command & RESPONSE)) put(to, RESPONSE, INVALID_COMMAND_ID, sequence, "", 0);
    }
}

/* -1: gone, 0: not now, else octets. */
static ssize_t receive(struct connection *from, uint8_t *to, size_t size) {
#ifdef WITH_TLS
    if (from->tls) {
        int got = SSL_read(from->tls, to, (int)size);
        if (got > 0) return got;
        int why = SSL_get_error(from->tls, got);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
#endif
    ssize_t got = recv(from->descriptor, to, size, 0);
    return got > 0 ? got : got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t transmit(struct connection *to, const uint8_t *from, size_t size) {
#ifdef WITH_TLS
    if (to->tls) {
        int sent = SSL_write(to->tls, from, (int)size);
        if (sent > 0) return sent;
        int why = SSL_get_error(to->tls, sent);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
#endif
    ssize_t sent = send(to->descriptor, from, size, MSG_NOSIGNAL);
    return sent > 0 ? sent : sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void watch(struct source *source, uint32_t events, int how) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (epoll_ctl(poller, how, source->descriptor, &event)) fail("epoll_ctl");
}

/* Write what can be written. False: the connection is gone. */
static bool flush(struct source *source) {
    struct connection *to = &source->connection;
    while (to->out_begin < to->out_end) {
        ssize_t sent = transmit(to, to->out + to->out_begin, to->out_end - to->out_begin);
        if (sent < 0) return false;
        if (sent == 0) break;
        to->out_begin += (size_t)sent;
    }
    size_t rest = to->out_end - to->out_begin;
    if (!rest) to->out_begin = to->out_end = 0;
    uint32_t wanted = (rest > PLENTY ? 0u : EPOLLIN) | (rest ? EPOLLOUT : 0u);
    if (wanted != to->watched) {
        to->watched = wanted;
        watch(source, wanted, EPOLL_CTL_MOD);
    }
    return true;
}

/* Answer every whole PDU that is there. False: this is no SMPP. */
static bool answer_all(struct connection *from) {
    size_t at = 0;
    while (from->in_used - at >= HEADER) {
        uint32_t length = get(from->in + at);
        if (length < HEADER || length > LARGEST_PDU) return false;
        if (from->in_used - at < length) break;
        answer(from, from->in + at, length);
        at += length;
    }
    memmove(from->in, from->in + at, from->in_used - at);
    from->in_used -= at;
    return true;
}

/* False: the connection is gone. */
static bool serve(struct source *source) {
    struct connection *with = &source->connection;
#ifdef WITH_TLS
    if (with->tls && !with->handshaken) {
        int done = SSL_accept(with->tls);
        if (done <= 0) {
            int why = SSL_get_error(with->tls, done);
            return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        }
        with->handshaken = true;
    }
#endif
    if (!flush(source)) return false;
    while (with->out_end - with->out_begin <= PLENTY) {
        ssize_t got = receive(with, with->in + with->in_used, INPUT - with->in_used);
        if (got < 0) return false;
        if (got == 0) break;
        with->in_used += (size_t)got;
        if (!answer_all(with)) return false;
#ifdef WITH_TLS
        if (with->tls) continue; /* it reads a record at a time and may hold others that epoll knows nothing of */
#endif
        break;
    }
    return flush(source);
}

static void take(struct source *listener) {
    int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    if (descriptor < 0) return;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct source *source = calloc(1, sizeof *source);
    if (!source || !(source->connection.in = malloc(INPUT))) fail("memory");
    source->kind = CONNECTION;
    source->descriptor = source->connection.descriptor = descriptor;
#ifdef WITH_TLS
    if (listener->kind == TLS_LISTENER) {
        source->connection.tls = SSL_new(tls_context);
        SSL_set_fd(source->connection.tls, descriptor);
    }
#endif
    source->connection.watched = EPOLLIN;
    watch(source, EPOLLIN, EPOLL_CTL_ADD);
}

static void drop(struct source *source) {
#ifdef WITH_TLS
    SSL_free(source->connection.tls);
    ERR_clear_error(); /* or the next connection would be taken for broken as well */
#endif
    close(source->descriptor);
    free(source->connection.in);
    free(source->connection.out);
    free(source);
}

static int listen_on_loopback(struct source *source) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    source->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (source->descriptor < 0 || bind(source->descriptor, (struct sockaddr *)&address, size) ||
        listen(source->descriptor, 4096) || getsockname(source->descriptor, (struct sockaddr *)&address, &size))
        fail("listen");
    watch(source, EPOLLIN, EPOLL_CTL_ADD);
    return ntohs(address.sin_port);
}

static void tell(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    printf("{\"binds\": %lu, \"submits\": %lu, \"receipts\": %lu, \"acknowledged\": %lu, \"refused\": %lu, "
           "\"enquiries\": %lu, \"cpu\": %.6f}\n",
           counted.binds, counted.submits, counted.receipts, counted.acknowledged, counted.refused, counted.enquiries,
           (double)used.tv_sec + (double)used.tv_nsec / 1e9);
    fflush(stdout);
}

static int listen_with_tls(struct source *source, char **files) {
#ifdef WITH_TLS
    tls_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(tls_context, files[0]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls_context, files[1], SSL_FILETYPE_PEM) != 1)
        fail("certificate");
    return listen_on_loopback(source);
#else
    (void)source, (void)files;
    return 0;
#endif
}

int main(int argc, char **argv) {
    struct source plain = {.kind = LISTENER}, tls = {.kind = TLS_LISTENER}, commands = {.kind = COMMANDS};
    signal(SIGPIPE, SIG_IGN);
    poller = epoll_create1(EPOLL_CLOEXEC);
    int plain_port = listen_on_loopback(&plain), tls_port = argc == 3 ? listen_with_tls(&tls, argv + 1) : 0;
    watch(&commands, EPOLLIN, EPOLL_CTL_ADD);
    printf("{\"plain\": %d, \"tls\": %d}\n", plain_port, tls_port);
    fflush(stdout);
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int at = 0; at < count; at++) {
            struct source *source = events[at].data.ptr;
            char line[64];
            switch (source->kind) {
            case COMMANDS:
                if (read(commands.descriptor, line, sizeof line) <= 0) return 0;
                tell();
                break;
            case LISTENER:
            case TLS_LISTENER:
                take(source);
                break;
            case CONNECTION:
                if (!serve(source)) drop(source);
            }
        }
    }
}
