internal import CCrypto

/// SHA-256 (FIPS 180-4), computed by OpenSSL's libcrypto, which libcurl loads anyway. Keep one instance per thread and
/// reuse it.
package final class SHA256 {
    /// The 32 bytes of a hash, stored as four native-endian words: for comparison, not for display.
    package struct Digest: Sendable, Hashable {
        package var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
        }

        /// The 32 bytes in their standard order.
        package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
    }

    private let context: OpaquePointer
    /// Fetched once: looking it up by name would search OpenSSL's providers for every hash.
    private let algorithm: OpaquePointer

    /// nil if OpenSSL provides no SHA-256, for example because a crypto policy forbids it.
    package init?() {
        guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { return nil }
        guard let context = EVP_MD_CTX_new() else {
            EVP_MD_free(algorithm)
            return nil
        }
        self.context = context
        self.algorithm = algorithm
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(algorithm)
    }

    /// nil if OpenSSL runs out of memory.
    package func digest(of bytes: [UInt8]) -> Digest? {
        var digest = Digest()
        let isDone = withUnsafeMutableBytes(of: &digest.words) { space in
            EVP_DigestInit_ex2(context, algorithm, nil) == 1
                && EVP_DigestUpdate(context, bytes, bytes.count) == 1
                && EVP_DigestFinal_ex(context, space.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1
        }
        return isDone ? digest : nil
    }
}
