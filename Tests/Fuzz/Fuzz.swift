import Glibc

/// `ULTRA_FUZZ=replies`: replies of providers, and not what clients send.
private let isOfReplies = getenv("ULTRA_FUZZ").map { String(cString: $0) == "replies" } ?? false

/// The entry point libFuzzer calls; see `etc/fuzz`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if isOfReplies {
        fuzzReply(bytes)
    } else {
        fuzzJSON(bytes)
        fuzzFrames(bytes)
    }
    return 0
}
