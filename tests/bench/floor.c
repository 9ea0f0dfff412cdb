/* The floor of catching up: the least a program can do to bring a spool to a broker.
 *
 * Reads events in order, joins them to JSON arrays, publishes with QoS 1 through one socket, and marks the spool with a
 * durable watermark every thousand events. No TLS, no deflate, no receipts, no errors survived: only what physics asks for.
 *
 * cc -O2 -o floor floor.c -lsqlite3 && ./floor SPOOL PORT TOPIC EVENTS_A_BATCH BATCHES_IN_FLIGHT
 * Prints the seconds from the first read to the last mark.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20, WINDOW_MAX = 1024, MARK_EVERY = 1000 };

static void die(const char *what) { fprintf(stderr, "floor: %s\n", what); exit(1); }

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void send_all(int fd, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = write(fd, bytes, count);
        if (sent <= 0) die("the broker hung up");
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void read_all(int fd, uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t got = read(fd, bytes, count);
        if (got <= 0) die("the broker hung up");
        bytes += got;
        count -= (size_t)got;
    }
}

static int connected(int port) {
    static const uint8_t hello[] = {0x10, 17, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 5, 'f', 'l', 'o', 'o', 'r'};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    uint8_t answer[4];
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) die("no broker");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    send_all(fd, hello, sizeof hello);
    read_all(fd, answer, sizeof answer);
    if (answer[3] != 0) die("the broker refuses");
    return fd;
}

/* Writes one PUBLISH packet before `body`, which has room for it; returns where it begins. */
static uint8_t *framed(uint8_t *body, size_t length, const char *topic, uint16_t id) {
    size_t name = strlen(topic), rest = 2 + name + 2 + length, digits = 0;
    uint8_t size[4], *at = body;
    do {
        size[digits] = rest % 128;
        rest /= 128;
        if (rest > 0) size[digits] |= 0x80;
        digits++;
    } while (rest > 0);
    *--at = (uint8_t)id;
    *--at = (uint8_t)(id >> 8);
    at -= name;
    memcpy(at, topic, name);
    *--at = (uint8_t)name;
    *--at = (uint8_t)(name >> 8);
    at -= digits;
    memcpy(at, size, digits);
    *--at = 0x32; /* PUBLISH, QoS 1 */
    return at;
}

int main(int argc, char **argv) {
    static uint8_t room[ROOM];
    static sqlite3_int64 last_of[WINDOW_MAX];
    if (argc != 6) die("usage: floor SPOOL PORT TOPIC EVENTS_A_BATCH BATCHES_IN_FLIGHT");
    const char *topic = argv[3];
    long batch = atol(argv[4]), window = atol(argv[5]), sent = 0, acked = 0;
    if (batch < 1 || window < 1 || window > WINDOW_MAX) die("batch or window out of range");
    uint8_t *start = room + 256, puback[4];
    sqlite3 *db, *writer; /* one reads on in its snapshot while the other marks */
    sqlite3_stmt *next, *mark;
    sqlite3_int64 marked = 0;
    int fd = connected(atoi(argv[2])), more = 1;
    if (sqlite3_open(argv[1], &db) != SQLITE_OK || sqlite3_open(argv[1], &writer) != SQLITE_OK) die("no spool");
    sqlite3_exec(writer, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    if (sqlite3_prepare_v2(db, "SELECT seq, body FROM entry ORDER BY seq", -1, &next, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(writer, "UPDATE receipt SET upto = ?", -1, &mark, NULL) != SQLITE_OK) die(sqlite3_errmsg(db));
    double began = seconds();
    while (more || acked < sent) {
        while (more && sent - acked < window) {
            size_t length = 0;
            long count = 0;
            while (count < batch && (more = sqlite3_step(next) == SQLITE_ROW)) {
                size_t size = (size_t)sqlite3_column_bytes(next, 1);
                if (256 + length + size + 2 > ROOM) die("events too large");
                start[length++] = count++ == 0 ? '[' : ',';
                memcpy(start + length, sqlite3_column_blob(next, 1), size);
                length += size;
                last_of[sent % WINDOW_MAX] = sqlite3_column_int64(next, 0);
            }
            if (count == 0) break;
            start[length++] = ']';
            uint8_t *packet = framed(start, length, topic, (uint16_t)(sent % 65535 + 1));
            send_all(fd, packet, (size_t)(start - packet) + length);
            sent++;
        }
        if (acked == sent) break;
        read_all(fd, puback, sizeof puback);
        sqlite3_int64 last = last_of[acked++ % WINDOW_MAX];
        if (last - marked < MARK_EVERY && (more || acked < sent)) continue;
        marked = last;
        sqlite3_bind_int64(mark, 1, marked);
        if (sqlite3_step(mark) != SQLITE_DONE) die(sqlite3_errmsg(writer));
        sqlite3_reset(mark);
    }
    printf("%.6f\n", seconds() - began);
    return 0;
}
