import ScriptedProvider

/// One way in which a provider fails, and the error that the client must receive, which is the same for all providers.
struct ProviderFault: Sendable {
    struct Told: Equatable, CustomStringConvertible {
        var code: String
        var status: Int?
        var providerCode: String?
        var requestID: String?
        var isRetryable: Bool
        var retryAfter: Int?
        var timeout: String?

        var description: String {
            "\(code) \(status ?? 0) \(providerCode ?? "-") \(requestID ?? "-") \(isRetryable) \(retryAfter ?? -1) \(timeout ?? "-")"
        }
    }

    let name: String
    /// The provider's answer; nil: the provider cannot fail like that.
    let script: @Sendable (_ wire: Wire, _ isStream: Bool) -> Script?
    let told: @Sendable (_ wire: Wire, _ isStream: Bool) -> Told
    /// Additional members of the request.
    var members = ""

    /// - Parameters:
    ///   - status: nil: no head came.
    static func told(
        _ code: String, _ wire: Wire, status: Int? = 200, _ providerCode: String? = nil, isRetryable: Bool = true,
        retryAfter: Int? = nil, timeout: String? = nil
    ) -> Told {
        Told(
            code: code, status: status, providerCode: providerCode,
            requestID: status == nil || wire.requestIDHeader == nil ? nil : "req-1", isRetryable: isRetryable,
            retryAfter: retryAfter, timeout: timeout)
    }

    static let all = connection + statuses + waits + nonsense + truncations

    // MARK: - No answer

    private static let connection = [
        ProviderFault(name: "reset before the head", script: { _, _ in .resetBeforeHead }) { wire, _ in
            told("connect_failed", wire, status: nil)
        },
        ProviderFault(name: "closed before the head", script: { _, _ in .closeBeforeHead }) { wire, _ in
            told("connect_failed", wire, status: nil)
        },
        ProviderFault(
            name: "silent before the head", script: { _, _ in .hangBeforeHead },
            told: { wire, _ in told("timeout", wire, status: nil, timeout: "first_token") },
            members: #","timeouts_ms":{"first_token":100}"#),
        ProviderFault(
            name: "silent before the first token",
            script: { wire, isStream in
                Script(headers: wire.headers(isStream ? wire.streamType : "application/json"), body: [.head, .hang])
            },
            told: { wire, _ in told("timeout", wire, timeout: "first_token") },
            members: #","timeouts_ms":{"first_token":100}"#),
        ProviderFault(
            name: "silent in the middle",
            script: { wire, isStream in
                isStream ? wire.stream(wire.text.stream[..<wire.text.finish]).with { $0.body.append(.hang) } : nil
            },
            told: { wire, _ in told("timeout", wire, timeout: "idle") }, members: #","timeouts_ms":{"idle":100}"#),
    ]

    // MARK: - Refusals

    /// The meaning of each status when the body says nothing else.
    private static let meanings = [
        400: "bad_request", 401: "authentication", 403: "permission_denied", 404: "bad_request", 422: "bad_request",
        429: "rate_limited", 500: "upstream_error", 503: "overloaded", 529: "overloaded",
    ]

    private static let statuses = meanings.keys.sorted().map { status in
        ProviderFault(
            name: "\(status)", script: { wire, _ in wire.document(wire.refusals[status]?.body ?? "", status: status) }
        ) { wire, _ in
            let refusal = wire.refusals[status]
            return told(
                refusal?.code ?? meanings[status] ?? "", wire, status: status, refusal?.providerCode,
                isRetryable: status >= 429)
        }
    }

    /// Longer than the daemon waits before a retry.
    private static let waits = [
        waiting("Retry-After", "30", 30_000), waiting("retry-after-ms", "25000", 25_000),
        ProviderFault(
            name: "429 with RetryInfo",
            script: { wire, _ in
                wire.provider == "gemini" ? wire.document(Wire.geminiRetryInfo, status: 429) : nil
            }
        ) { wire, _ in
            told("rate_limited", wire, status: 429, "RESOURCE_EXHAUSTED", retryAfter: 25_000)
        },
    ]

    private static func waiting(_ header: String, _ value: String, _ milliseconds: Int) -> ProviderFault {
        ProviderFault(
            name: "429 with \(header)",
            script: { wire, _ in wire.document(wire.refusals[429]?.body ?? "", status: 429, [(header, value)]) }
        ) { wire, _ in
            told("rate_limited", wire, status: 429, wire.refusals[429]?.providerCode, retryAfter: milliseconds)
        }
    }

    // MARK: - Nonsense

    private static let page = "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"

    private static let nonsense = [
        ProviderFault(name: "an HTML page", script: { wire, _ in wire.document(page) }) { wire, _ in
            told("upstream_protocol", wire)
        },
        ProviderFault(name: "502 with an HTML page", script: { wire, _ in wire.document(page, status: 502) }) {
            wire, _ in told("upstream_error", wire, status: 502)
        },
        ProviderFault(name: "an empty 200", script: { wire, _ in wire.document("") }) { wire, _ in
            told("upstream_protocol", wire)
        },
        ProviderFault(
            name: "broken JSON",
            script: { wire, isStream in
                func broken(_ json: String) -> String { json.replacing("{", with: "{{", maxReplacements: 1) }
                return isStream
                    ? wire.stream(wire.text.stream.map(broken)) : wire.document(broken(wire.text.document))
            }
        ) { wire, _ in
            told("upstream_protocol", wire)
        },
        ProviderFault(
            name: "JSON of the wrong type",
            script: { wire, isStream in
                isStream ? wire.stream([wire.wrongType.event]) : wire.document(wire.wrongType.document)
            }
        ) { wire, _ in
            told("upstream_protocol", wire)
        },
        ProviderFault(
            name: "an error inside a 200 stream",
            script: { wire, isStream in
                isStream ? wire.stream(wire.text.stream[..<(wire.text.finish - 1)] + [wire.failure.event]) : nil
            }
        ) { wire, _ in
            told(wire.failure.refusal.code, wire, wire.failure.refusal.providerCode)
        },
    ]

    // MARK: - Truncations

    private static let truncations =
        [
            cut("in its first event", at: (1, 16), { wire in (wire.text.stream.first?.utf8.count ?? 0) / 2 }),
            cut("between two events", at: (1, 2), { wire in length(wire.text.stream[..<(wire.text.finish - 1)]) }),
            cut(
                "in the event that would complete it", at: (15, 16),
                { wire in
                    length(wire.text.stream[..<wire.text.finish]) + wire.text.stream[wire.text.finish].utf8.count / 2
                }),
            ProviderFault(
                name: "an end without the end",
                script: { wire, isStream in isStream ? wire.stream(wire.text.stream[..<wire.text.finish]) : nil }
            ) { wire, _ in
                told("stream_truncated", wire)
            },
        ]

    private static func length(_ pieces: ArraySlice<String>) -> Int {
        pieces.reduce(0) { $0 + $1.utf8.count }
    }

    /// - Parameters:
    ///   - place: Where a document is cut.
    ///   - offset: Where a stream is cut.
    private static func cut(
        _ name: String, at place: (of: Int, parts: Int), _ offset: @escaping @Sendable (Wire) -> Int
    ) -> ProviderFault {
        ProviderFault(
            name: "cut \(name)",
            script: { wire, isStream in
                guard isStream else {
                    return wire.document(wire.text.document).cut(
                        at: wire.text.document.utf8.count * place.of / place.parts)
                }
                return wire.stream(wire.text.stream).cut(at: offset(wire))
            }
        ) { wire, _ in
            told("stream_truncated", wire)
        }
    }
}
