@testable import UltraAPI

/// Decodes the bytes of a connection in two reads: the result must not depend on where the first read ended.
func fuzzFrames(_ bytes: UnsafeRawBufferPointer) {
    guard let split = bytes.first.map({ Int($0) % bytes.count }) else { return }
    let whole = frames([bytes])
    let parts = frames([
        UnsafeRawBufferPointer(rebasing: bytes[..<split]), UnsafeRawBufferPointer(rebasing: bytes[split...]),
    ])
    precondition(whole == parts, "frames depend on the reads")
    for frame in whole { take(frame) }
    // Decodes the same bytes as the content of one frame, so that most inputs get as far as the fields.
    take(Array(bytes))
}

private func frames(_ reads: [UnsafeRawBufferPointer]) -> [[UInt8]] {
    var decoder = FrameDecoder(maxFrameBytes: 4096)
    var frames: [[UInt8]] = []
    for read in reads {
        decoder.append(read)
        while let frame = try? decoder.next() { frames.append(frame) }
    }
    return frames
}

private func take(_ bytes: [UInt8]) {
    do throws(RequestFrame.Refusal) {
        takeFields(of: try RequestFrame(bytes))
    } catch {
        precondition((error.id == 0) == (error.error.code == .invalidFrame), "a refusal under the wrong id")
    }
}

private func takeFields(of frame: RequestFrame) {
    precondition((1..<1 << 53).contains(frame.id), "an id out of range")
    do throws(UltraError) {
        switch frame.operation {
        case .generate, .stream:
            let request = try Request(frame)
            precondition(!request.messages.isEmpty, "a request without messages")
        case .hello: _ = try frame.hello()
        case .cancel: _ = try frame.cancelTarget()
        case .embed: _ = try EmbedRequest(frame)
        case .probe: _ = try frame.probeTarget()
        case .subscribe: _ = try frame.topics()
        case .models: _ = try frame.modelFilter()
        case .usage: _ = try UsageRequest(frame)
        case .ping, .status, .metrics, .reload, .cacheClear: break
        }
    } catch {
        precondition(error.code == .invalidRequest && error.field != nil, "an error that names no field")
    }
}
