/* The floor: as little as a chat server can do that batches as chatd does.
 *
 * A client's first line is its nickname; each further line goes to everyone, the sender too, as "nickname: text".
 * Lines are appended to each hearer's buffer. The buffers are flushed together, with one send() each: at once when the
 * last flush is FLUSH_MS or more ago, and else when that time is over. Usage: floor PORT
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 65536, LINE = 1024, FLUSH_MS = 5 };

struct client {
    char nickname[32];
    char in[LINE]; /* the beginning of a line that has not ended */
    size_t in_size;
    char *out; /* what waits to be sent */
    size_t out_size, out_room;
};

static struct client *clients[CLIENTS];
static int present[CLIENTS], people; /* the descriptors in use */
static int waiting;                  /* whether there is something to flush */

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void append(struct client *client, const char *data, size_t size) {
    if (client->out_size + size > client->out_room) {
        client->out_room = (client->out_size + size) * 2;
        client->out = realloc(client->out, client->out_room);
    }
    memcpy(client->out + client->out_size, data, size);
    client->out_size += size;
    waiting = 1;
}

static void heard(struct client *client, const char *text, size_t size) {
    char line[LINE + 64];
    if (!client->nickname[0]) {
        snprintf(client->nickname, sizeof client->nickname, "%.*s", (int)size, text);
        append(client, line, snprintf(line, sizeof line, "welcome %s\n", client->nickname));
        return;
    }
    size = snprintf(line, sizeof line, "%s: %.*s\n", client->nickname, (int)size, text);
    for (int i = 0; i < people; i++)
        append(clients[present[i]], line, size);
}

static void leave(int fd) {
    for (int i = 0; i < people; i++)
        if (present[i] == fd)
            present[i--] = present[--people];
    free(clients[fd]->out);
    free(clients[fd]);
    clients[fd] = NULL;
    close(fd);
}

static void readable(int fd) {
    struct client *client = clients[fd];
    ssize_t got = recv(fd, client->in + client->in_size, LINE - client->in_size, 0);
    if (got <= 0) {
        leave(fd);
        return;
    }
    client->in_size += got;
    char *line = client->in, *end = client->in + client->in_size, *newline;
    while ((newline = memchr(line, '\n', end - line))) {
        heard(client, line, newline - line);
        line = newline + 1;
    }
    client->in_size = end - line;
    memmove(client->in, line, client->in_size);
}

static void flush(void) {
    waiting = 0;
    for (int i = 0; i < people; i++) {
        struct client *client = clients[present[i]];
        if (!client->out_size)
            continue;
        ssize_t sent = send(present[i], client->out, client->out_size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            client->out_size -= sent;
            memmove(client->out, client->out + sent, client->out_size);
        }
        waiting |= client->out_size > 0; /* a full socket is tried again in the next round */
    }
}

static void enter(int listener, int epoll) {
    int fd = accept(listener, NULL, NULL), on = 1;
    if (fd < 0 || fd >= CLIENTS)
        return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* or the second of two flushes waits 40 ms for an ACK */
    clients[fd] = calloc(1, sizeof *clients[fd]);
    present[people++] = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event events[256];
    int epoll = epoll_create1(0), listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    here.sin_port = htons(argc > 1 ? atoi(argv[1]) : 2428);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 128)) {
        perror("floor");
        return 1;
    }
    events[0] = (struct epoll_event){.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]);
    for (long flushed_at = 0;;) {
        long due = flushed_at + FLUSH_MS - now_ms();
        int ready = epoll_wait(epoll, events, 256, !waiting ? -1 : due > 0 ? (int)due : 0);
        for (int i = 0; i < ready; i++)
            if (events[i].data.fd == listener)
                enter(listener, epoll);
            else
                readable(events[i].data.fd);
        if (waiting && now_ms() - flushed_at >= FLUSH_MS) {
            flush();
            flushed_at = now_ms();
        }
    }
}
