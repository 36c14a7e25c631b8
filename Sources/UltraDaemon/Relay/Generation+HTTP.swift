internal import UltraAPI
internal import UltraProviders
internal import UltraSystem

// Attempts over HTTP.

extension Generation {
    /// A stream stays in this function until it ends, so its asynchronous frame is kept small: `advance` does the work.
    func relay() async -> UltraError? {
        while true {
            switch advance() {
            case .awaitArrival: await reply?.exchange.arrival()
            case .awaitTurn: await Loop.nextTurn()
            case .awaitClient: await call.drained()
            case .ended(let error): return error
            }
        }
    }

    private enum Advance {
        case awaitArrival
        /// A long document was decoded, and what becomes of it takes as long again.
        case awaitTurn
        /// The client has not read enough of what was sent.
        case awaitClient
        case ended(UltraError?)
    }

    /// Relays what has arrived; returns what to wait for.
    @inline(never)
    private func advance() -> Advance {
        guard let reply else { return send() }
        if !reply.events.isEmpty { deliver(reply) }
        while !reply.isComplete {
            let progress = reply.advance()
            if case .more = progress, reply.isComplete, reply.isLong { return .awaitTurn }
            if !reply.events.isEmpty { deliver(reply) }
            switch progress {
            case .failure(let error):
                reply.exchange.cancel()
                wasSent = reply.exchange.phase >= .waiting
                reply.release()
                self.reply = nil
                return sendWithout(reply) ?? .ended(error)
            case .nothing: return .awaitArrival
            case .more: if call.isCongested, awaitsClient { return .awaitClient }
            }
        }
        wasSent = true
        reply.exchange.finishAlone(within: context.limits.lingering)
        answer.requestID = reply.requestID
        learn()
        return .ended(reply.isEmptyAnswer ? emptied() : nil)
    }

    /// True if the reply must not be read further before the client has read what was sent to it. A complete
    /// answer is read all the same, within the user's share: while it waits it has one of the provider's places, for which
    /// others wait.
    private var awaitsClient: Bool { isStream || call.isOverShare }

    /// The most members that are left out, one after the other, within an attempt.
    private static var refusalLimit: Int { 4 }

    /// Sends the request again within its attempt, without a member that the server refused; nil: it refused none that
    /// can be left out.
    @inline(never)
    private func sendWithout(_ reply: UpstreamReply) -> Advance? {
        guard let ticket, !isCommitted, refused.count < Self.refusalLimit else { return nil }
        let known = ticket.candidate.wireFacts.omitted.union(refused)
        guard let member = reply.refusedMember(known: known) else { return nil }
        guard let before = try? encoded(ticket) else { return nil }
        let earlier = refused
        refused.formUnion(member.names)
        guard let after = try? encoded(ticket), after.http.body != before.http.body else {
            refused = earlier
            return nil
        }
        return send()
    }

    /// Remembers the form of request that the server accepted, for the requests to come.
    func learn() {
        guard let ticket else { return }
        guard !refused.isEmpty || contextWindow != nil else { return }
        ticket.candidate.provider.learn(of: ticket.candidate.name) { facts in
            facts.omitted.formUnion(refused)
            facts.minimumWindow = max(facts.minimumWindow, contextWindow ?? 0)
        }
    }

    private func encoded(_ ticket: Ticket) throws(UltraError) -> EncodedRequest {
        let candidate = ticket.candidate
        let own = SignatureTag.own(request, of: candidate.provider.id) ?? request
        var facts = candidate.wireFacts
        facts.omitted.formUnion(refused)
        return try candidate.provider.adapter(key: ticket.key).serving(own, model: candidate.name)
            .encode(own, model: candidate.name, isStream: isStream, facts: facts)
    }

    private func send() -> Advance {
        guard let ticket else { return .ended(nil) }
        do throws(UltraError) {
            let request = request
            reply = try send(SignatureTag.own(request, of: ticket.candidate.provider.id) ?? request, ticket)
            return .awaitArrival
        } catch {
            return .ended(error)
        }
    }

    /// Encodes the request for the candidate's provider, and sends it.
    private func send(_ request: Request, _ ticket: Ticket) throws(UltraError) -> UpstreamReply {
        let candidate = ticket.candidate
        let adapter = try candidate.provider.adapter(key: ticket.key).serving(request, model: candidate.name)
        var facts = candidate.wireFacts
        if !refused.isEmpty { facts.omitted.formUnion(refused) }
        let encoded = try adapter.encode(request, model: candidate.name, isStream: isStream, facts: facts)
        answer.warnings = candidate.warnings + encoded.warnings
        toolNames = encoded.toolNames
        contextWindow = encoded.contextWindow
        let exchange = context.transport.start(
            encoded.http, timeouts(candidate, remaining: remaining(of: ticket)), isFresh: ticket.needsFreshConnection)
        hold(exchange)
        progress?.watch(exchange, loadsModel: candidate.provider.isLocal && candidate.model.health.isLoading)
        let decoder = {
            ReplyDecoder(
                adapter, isStream: self.isStream, model: candidate.id, replyID: self.context.nextReplyID(),
                includesReasoning: request.reasoning?.isIncluded ?? true, limits: self.context.limits.reply)
        }
        return UpstreamReply(exchange, decoder, candidate, call, limitBytes: documentLimitBytes, isStream: isStream)
    }

    /// Charges the body and the reply of this attempt. The body is given back as soon as it was sent.
    private func hold(_ exchange: Exchange) {
        call.hold((isReplyCharged ? 0 : ByteAccount.replyBytes) + (isBodyCharged ? 0 : call.requestBytes))
        (isReplyCharged, isBodyCharged) = (true, true)
        exchange.holder = call
        guard call.requestBytes >= ByteAccount.requestBytes else { return }
        exchange.onBodySent = { [weak self] in
            guard let self, isBodyCharged else { return }
            isBodyCharged = false
            call.hold(-call.requestBytes)
        }
    }

    /// The longest reply in one document. A longer one cannot become an answer, which is one frame; twice, because a
    /// character may take twice as many bytes in the provider's JSON as in the frame's UTF-8. A stream is cut into frames,
    /// so only `limits.reply_bytes` bounds it.
    private var documentLimitBytes: Int { isStream ? .max : 2 * context.limits.frameBytes }

    /// Milliseconds left for the attempt; when it is sent again, less than the ticket says.
    private func remaining(of ticket: Ticket) -> Int? {
        guard !refused.isEmpty else { return ticket.remaining }
        return ticket.remaining.map { max(1, $0 - Int((EventLoop.now - ticket.startedAt) / 1_000_000)) }
    }

    private func deliver(_ reply: UpstreamReply) {
        reply.exchange.contentBegan()
        for index in reply.events.indices where reply.events[index].isSignable {
            reply.events[index].tagSignature(answer.provider)
            if let toolNames { reply.events[index].restoreToolName(toolNames) }
        }
        deliver(reply.events)
        reply.events.removeAll(keepingCapacity: true)
    }

    func timeouts(_ candidate: Candidate, remaining: Int?) -> ExchangeTimeouts {
        let asked = request.timeouts
        let defaults = context.timeouts
        let reasons = candidate.model.capabilities?.contains(.reasoning) == true || request.reasoning != nil
        let slow = candidate.provider.isLocal || reasons
        return ExchangeTimeouts(
            connect: asked.connect.map { .milliseconds($0) } ?? defaults.connect,
            firstToken: asked.firstToken.map { .milliseconds($0) }
                ?? (slow ? defaults.slowFirstToken : defaults.firstToken),
            idle: asked.idle.map { .milliseconds($0) } ?? defaults.idle,
            total: remaining.map { .milliseconds($0) })
    }
}
