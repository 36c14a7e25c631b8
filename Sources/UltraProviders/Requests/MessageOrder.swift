import UltraAPI

/// The message order that strict servers require.
enum MessageOrder {
    /// Moves late system messages behind the leading ones, keeping their order, with a warning.
    /// - Parameter mayFollowUser: true leaves a system message in place if it directly follows a user or system message
    ///   and is not last.
    static func systemFirst(
        _ messages: [Message], mayFollowUser: Bool = false, _ omitted: inout Omissions
    ) -> [Message] {
        var leading: [Message] = []
        var others: [Message] = []
        let lastOther = messages.lastIndex { $0.role != .system } ?? -1
        for (index, message) in messages.enumerated() {
            guard message.role == .system else {
                others.append(message)
                continue
            }
            let before = others.last?.role
            let stays =
                mayFollowUser && (before == .user || before == .system) && index < lastOther
            if others.isEmpty {
                leading.append(message)
            } else if stays {
                others.append(message)
            } else {
                leading.append(message)
                omitted.warn(
                    "\(omitted.model) does not take a system message in this position: it was moved to the beginning")
            }
        }
        return leading + others
    }

    /// Checks that every tool message answers a call of the preceding assistant message, and no call is answered twice.
    /// - Parameter requiresAll: every call must also have a result.
    /// - Throws: `bad_request` otherwise.
    static func checkResults(
        _ messages: [Message], requiresAll: Bool, _ omitted: Omissions
    ) throws(UltraError) {
        var open: Set<String> = []
        func checkClosed() throws(UltraError) {
            guard requiresAll, let id = open.min() else { return }
            throw omitted.badRequest("the tool call \(id) has no result")
        }
        for message in messages {
            if message.role == .tool {
                guard let id = message.toolCallID, open.remove(id) != nil else {
                    throw omitted.badRequest(
                        "a tool message must answer a call of the assistant message before it, once")
                }
            } else {
                try checkClosed()
                open = Set(message.toolCalls.map(\.id))
                guard open.count == message.toolCalls.count else {
                    throw omitted.badRequest("two tool calls have the same id")
                }
            }
        }
        try checkClosed()
    }
}
