import UltraAPI

@testable import UltraDialects

/// Decodes the bytes of a connection in two reads: the result must not depend on where the first read ended.
func fuzzHTTP(_ bytes: UnsafeRawBufferPointer) {
    guard let split = bytes.first.map({ Int($0) % bytes.count }) else { return }
    let whole = exchange([bytes])
    let parts = exchange([
        UnsafeRawBufferPointer(rebasing: bytes[..<split]), UnsafeRawBufferPointer(rebasing: bytes[split...]),
    ])
    precondition(whole == parts, "requests depend on the reads")
    // Decodes the same bytes as a body, so that most inputs get as far as the members.
    let body = [UInt8](bytes)
    do throws(UltraError) {
        let chat = try ChatRequest(body)
        precondition(!chat.request.messages.isEmpty, "a request without messages")
    } catch {
        precondition([.invalidRequest, .capabilityMissing].contains(error.code), "an error of another kind")
    }
    do throws(UltraError) {
        let embed = try OpenAIEmbedRequest(body)
        precondition(!embed.request.input.isEmpty, "a request without input")
    } catch {
        precondition([.invalidRequest, .capabilityMissing].contains(error.code), "an error of another kind")
    }
}

private struct Exchange: Equatable {
    var heads: [HTTPRequestHead] = []
    var bodies: [[UInt8]] = []
    var refusal: HTTPRefusal?
}

private func exchange(_ reads: [UnsafeRawBufferPointer]) -> Exchange {
    var limits = HTTPRequestDecoder.Limits()
    limits.headBytes = 1024
    limits.fields = 20
    limits.targetBytes = 256
    limits.bodyBytes = 2048
    var decoder = HTTPRequestDecoder(limits)
    var exchange = Exchange()
    var body: [UInt8] = []
    do throws(HTTPRefusal) {
        for read in reads {
            decoder.append(read)
            while let event = try decoder.next(appendingTo: &body) {
                switch event {
                case .head(let head): exchange.heads.append(head)
                case .end:
                    exchange.bodies.append(body)
                    body = []
                }
                precondition(body.count <= limits.bodyBytes, "a body beyond the limit")
            }
        }
    } catch {
        exchange.refusal = error
    }
    return exchange
}
