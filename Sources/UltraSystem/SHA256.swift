internal import CCrypto

/// SHA-256 (FIPS 180-4) by libcrypto, which libcurl brings into every process of ours.
package final class SHA256 {
    /// The hash's 32 bytes, as words of the machine's order: to be compared, not to be shown.
    package struct Digest: Sendable, Hashable {
        package var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
        }

        package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
    }

    private let context: OpaquePointer
    /// Looked up once: by name, each hash would search OpenSSL's providers.
    private let algorithm: OpaquePointer

    /// nil: OpenSSL has no SHA-256 here, as where a policy forbids it.
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

    /// nil: OpenSSL failed, for want of memory.
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
