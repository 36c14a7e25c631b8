import UltraSystem

@testable import UltraDaemon

let filePath = "/c/ultrad.toml"

/// The configuration that `Configuration.load` makes of `toml`, or the problems it reports.
func load(
    _ toml: String? = nil, _ environment: [String: String] = [:], files: [String: FileContents] = [:],
    options change: (inout ConfigurationOptions) -> Void = { _ in }
) -> Result<Configuration, Configuration.Invalid> {
    var files = files
    var options = ConfigurationOptions(isRoot: true, version: "1")
    if let toml {
        files[filePath] = FileContents(Array(toml.utf8))
        options.file = filePath
    }
    change(&options)
    do throws(Configuration.Invalid) {
        return .success(try Configuration.load(options, environment: environment, files: .fake(files)))
    } catch {
        return .failure(error)
    }
}

/// The problems; empty if the configuration is valid.
func problems(
    _ toml: String? = nil, _ environment: [String: String] = [:], files: [String: FileContents] = [:],
    options change: (inout ConfigurationOptions) -> Void = { _ in }
) -> [String] {
    if case .failure(let invalid) = load(toml, environment, files: files, options: change) { return invalid.problems }
    return []
}

extension FileAccess {
    /// Files by path; any other is absent.
    static func fake(_ files: [String: FileContents]) -> FileAccess {
        FileAccess(
            read: { path throws(SystemError) in
                guard let file = files[path] else { throw SystemError("open", code: 2) }
                return file
            },
            names: { folder throws(SystemError) in
                files.keys.filter { $0.hasPrefix("\(folder)/") }.map { String($0.dropFirst(folder.count + 1)) }.sorted()
            })
    }
}

extension FileContents {
    init(_ text: String, permissions: UInt32 = 0o600) {
        self.init(Array(text.utf8), permissions: permissions)
    }
}
