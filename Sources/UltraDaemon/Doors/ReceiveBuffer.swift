internal import UltraSystem

/// The buffer that all connections read into. One is enough, since its content is consumed before the next read.
@Loop
final class ReceiveBuffer {
    private let space: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        space = .allocate(byteCount: byteCount, alignment: 16)
    }

    isolated deinit {
        space.deallocate()
    }

    func withUnsafe<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        body(space)
    }
}
