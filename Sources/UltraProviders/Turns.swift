import UltraAPI

/// The order of messages that strict servers insist on.
enum Turns {
    /// `messages` with late system messages moved behind the leading ones, in their order, with a warning.
    /// - Parameter mayFollowUser: those that directly follow a user message, and are not the last message, may stay.
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
                omitted.warn("\(omitted.model) does not take system messages there: one was moved to the beginning")
            }
        }
        return leading + others
    }

    /// Throws `bad_request` unless every tool message answers, once, a call of the assistant message before it.
    /// - Parameter requiresAll: every call must be answered too.
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
