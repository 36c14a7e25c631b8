#pragma once
// Inline functions for Swift, which cannot call variadic C functions: one per argument type of libcurl's setters and
// getters, and socket calls whose structs and macros it cannot import.
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline CURLcode ccurl_setopt_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_setopt_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_setopt_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_setopt_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*ccurl_data_function)(char *bytes, size_t size, size_t count, void *user);
static inline CURLcode ccurl_setopt_data_function(CURL *handle, CURLoption option, ccurl_data_function function) {
    return curl_easy_setopt(handle, option, function);
}
static inline CURLcode ccurl_setopt_open_socket_function(CURL *handle, curl_opensocket_callback function) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode ccurl_setopt_close_socket_function(CURL *handle, curl_closesocket_callback function) {
    return curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, function);
}
static inline CURLcode ccurl_getinfo_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode ccurl_getinfo_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode ccurl_getinfo_string(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, (char **)value);
}
static inline CURLcode ccurl_getinfo_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode ccurl_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ccurl_multi_setopt_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ccurl_multi_setopt_socket_function(CURLM *multi, curl_socket_callback function) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}
static inline CURLMcode ccurl_multi_setopt_timer_function(CURLM *multi, curl_multi_timer_callback function) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}

// socket(2) with clean upper halves in its argument registers.
//
// Swift copies struct curl_sockaddr in units of eight bytes, so an optimised build leaves a neighbouring member in the
// upper half. The kernel ignores it, but seccomp compares all 64 bits: under RestrictAddressFamilies= (systemd.exec(5))
// every connection would be refused.
static inline int ccurl_socket(int family, int type, int protocol) {
    return (int)syscall(SYS_socket, (long)family, (long)type, (long)protocol);
}

// Sets TCP_USER_TIMEOUT (tcp(7)): the kernel closes the connection when sent data stays unacknowledged for this long.
// Returns 0, or -1 with errno.
static inline int ccurl_set_user_timeout(int fd, unsigned int milliseconds) {
    return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

// The state of a TCP connection, from TCP_INFO (tcp(7)).
struct ccurl_tcp_state {
    /// Milliseconds since the peer last sent data.
    unsigned int silent_milliseconds;
    /// Nonzero if data was retransmitted and is still unacknowledged.
    int is_retransmitting;
};
/// Returns 0, or -1 with errno if `fd` is not a TCP socket.
static inline int ccurl_tcp_state(int fd, struct ccurl_tcp_state *state) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -1;
    state->silent_milliseconds = info.tcpi_last_data_recv;
    state->is_retransmitting = info.tcpi_unacked > 0 && info.tcpi_retransmits > 0;
    return 0;
}

// Discards all data received on a socket without copying it (MSG_TRUNC, tcp(7)).
static inline void ccurl_discard(int fd) {
    while (recv(fd, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT) > 0) {}
}

// The local port of an IP socket; 0 for any other socket.
static inline int ccurl_local_port(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
        struct sockaddr_storage space;
    } address;
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0) return 0;
    if (address.any.sa_family == AF_INET) return ntohs(address.ip4.sin_port);
    return address.any.sa_family == AF_INET6 ? ntohs(address.ip6.sin6_port) : 0;
}

// Opens a non-blocking socket that receives the kernel's messages about changed addresses and routes (rtnetlink(7)).
// The caller closes it. Returns -1 with errno on failure.
static inline int ccurl_network_changes(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -1;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}
