/// The release this is built from; `ultrad --version`, `hello` and the user agent say it.
package enum Version {
    package static let current = "0.1.0"
}
