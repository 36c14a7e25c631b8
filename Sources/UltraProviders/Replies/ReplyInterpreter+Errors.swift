package import UltraAPI

extension ReplyInterpreter {
    func reportedError(_ error: ErrorBody) -> UltraError {
        let status = head?.status
        let advice = head.map { RetryAdvice($0, now: now) } ?? RetryAdvice()
        let errorClass = adapter.classify(error, status: status)
        let message = message(of: error, errorClass.code)
        var result = UltraError(errorClass.code, message.text)
        result.isQuoted = message.isQuoted
        result.hint = ErrorText.hint(errorClass.code)
        result.provider = adapter.provider
        result.model = model
        result.status = status
        result.providerCode = [error.code, error.type].lazy.compactMap { $0 }
            .first { $0.utf8.count <= 64 && !$0.contains(" ") }
        result.requestID = requestID ?? error.requestID
        result.isRetryable = errorClass.isRetryable
        if errorClass.code != .quotaExceeded, let told = advice.shouldRetry { result.isRetryable = told }
        if result.isRetryable {
            result.retryAfterMilliseconds = advice.afterMilliseconds ?? error.retryAfterMilliseconds
        }
        return result
    }

    /// A message for the error, and true if it quotes the provider.
    private func message(of error: ErrorBody, _ code: ErrorCode) -> (text: String, isQuoted: Bool) {
        if let text = error.message {
            let cleaned = ErrorText.cleaned(text, key: adapter.key)
            if !cleaned.isEmpty { return (cleaned, true) }
        }
        let status = head?.status ?? 200
        if status < 400 { return ("\(adapter.provider) failed while it answered", false) }
        let form = error.isHTML ? "with an HTML page" : "without a reason"
        return ("\(adapter.provider) answered HTTP \(status) \(form)", false)
    }

    func unreadable(_ json: UnsafeRawBufferPointer, _ error: JSONError) -> UltraError {
        let excerpt = ErrorText.excerpt(json, at: error.offset, key: adapter.key)
        return protocolError("\(adapter.provider) sent a reply that does not match its API, near: \(excerpt)")
    }

    /// The error for a redirect. Redirects are not followed, because the key would go wherever the reply says.
    func redirect(_ head: HTTPHead) -> UltraError {
        let target = head["location"].flatMap { Self.redirectTarget($0, key: adapter.key) }
        var error = protocolError(
            "\(adapter.provider) answered HTTP \(head.status), a redirection\(target.map { " to \($0)" } ?? "")")
        error.isRetryable = false
        error.hint = "set the endpoint to the provider's new address"
        return error
    }

    /// The redirect's target for display: without user, password, query and fragment, which may be secret.
    static func redirectTarget(_ location: String, key: Secret?) -> String? {
        var target = location.prefix { $0 != "?" && $0 != "#" }
        if let start = target.firstRange(of: "//")?.upperBound {
            let authority = target[start...].prefix { $0 != "/" }
            if let at = authority.lastIndex(of: "@") { target.removeSubrange(start...at) }
        }
        let cleaned = ErrorText.cleaned(String(target), key: key)
        return cleaned.isEmpty ? nil : cleaned
    }

    func protocolError(_ message: String) -> UltraError {
        UltraError(
            .upstreamProtocol, message, provider: adapter.provider, model: model, status: head?.status,
            requestID: requestID, isRetryable: true)
    }

    /// The error that a reply contains or is.
    func heldError(_ json: UnsafeRawBufferPointer) -> UltraError {
        guard !state.calls.hasExcess else {
            return protocolError(
                "\(adapter.provider) sent more than \(CallAssembly.limit) tool calls in one answer")
        }
        return reportedError(ErrorBody(json))
    }

    func truncated() -> UltraError {
        truncated("ended the stream before the answer was complete")
    }

    /// The error for a reply that ended normally but lacks what it promised.
    func flawed(_ flaw: ReplyState.Flaw) -> UltraError {
        switch flaw {
        case .lacksCall: truncated("ended the answer for tool calls but sent none")
        case .cutsCall: truncated("ended the answer in the middle of a tool call's arguments")
        }
    }

    private func truncated(_ what: String) -> UltraError {
        UltraError(
            .streamTruncated, "\(adapter.provider) \(what)", provider: adapter.provider, model: model,
            status: head?.status, requestID: requestID, isRetryable: true,
            partialTextBytes: state.textBytes)
    }
}

extension UltraError {
    /// The error for a reply that exceeds a size limit. A retry would get the same reply, and the provider is not at
    /// fault.
    package static func tooLarge(
        _ limitBytes: Int, isDocument: Bool, provider: String, model: String?, _ status: Int?
    ) -> UltraError {
        let part = isDocument ? "a reply" : "a stream event"
        let size = limitBytes >= 1 << 20 ? "\(limitBytes >> 20) MiB" : "\(limitBytes) bytes"
        let setting = isDocument ? "limits.reply_bytes" : "limits.event_bytes"
        return UltraError(
            .tooLarge, "\(provider) sent \(part) of more than \(size) (\(setting))",
            hint: "ask for less, or raise \(setting)",
            provider: provider, model: model, status: status)
    }
}
