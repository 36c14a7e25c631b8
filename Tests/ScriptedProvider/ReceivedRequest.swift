/// A request as the provider got it.
package struct ReceivedRequest: Sendable {
    /// The number of the request, counted from 0 in the order of arrival.
    package let number: Int
    /// The number of its connection; see `ConnectionRecord.number`.
    package let connection: Int
    package let method: String
    /// The request target: path and query, or an absolute URL through a proxy.
    package let target: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// False if the script answered before the whole body was read.
    package let isComplete: Bool
    package let receivedAt: ContinuousClock.Instant

    /// `target` without the query, and without scheme and host if it came through a proxy.
    package var path: String { RequestHead.path(of: target) }
    package var bodyText: String { String(decoding: body, as: UTF8.self) }

    /// The value of the first field called `name`, in any case.
    package subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// One accepted connection and how it ended.
package struct ConnectionRecord: Sendable {
    package enum Ending: Sendable, Equatable {
        /// The client's FIN.
        case closedByClient
        /// The client's RST.
        case resetByClient
        case closedByProvider
    }

    /// The number of the connection, counted from 0 in the order of acceptance.
    package let number: Int
    package let acceptedAt: ContinuousClock.Instant
    package internal(set) var requests = 0
    /// Bytes the kernel accepted; the counter stands still while a client does not read.
    package internal(set) var bytesSent = 0
    package internal(set) var ending: Ending?
    package internal(set) var endedAt: ContinuousClock.Instant?
}
