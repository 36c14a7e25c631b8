/// The version of this build, reported by `ultrad --version`, the `hello` operation and the `User-Agent` header.
package enum Version {
    package static let current = "0.1.0"
}
