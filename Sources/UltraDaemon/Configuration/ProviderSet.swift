internal import UltraAPI
package import UltraProviders

/// The providers as configured. Two are equal if they are made of the same settings, keys included.
package struct ProviderSet: Sendable, Equatable {
    package let providers: [Provider]
    private let environment: [String: Secret]
    private let servers: [Provider.CompatibleServer]
    private let plaintext: Set<String>

    /// - Parameters:
    ///   - environment: with the file's settings and keys filled in.
    ///   - plaintext: the built-in ones that may have an `http` endpoint on a public host.
    init(
        environment: [String: String], servers: [Provider.CompatibleServer], plaintext: Set<String>,
        _ problems: inout Problems
    ) {
        let (providers, found) = Provider.configured(
            environment: environment, servers: servers, allowsPlaintext: plaintext)
        for problem in found { problems.refuse(problem.setting, problem.reason) }
        self.providers = providers
        self.environment = environment.filter { name, _ in !EnvironmentVariable.own.contains { $0.name == name } }
            .mapValues { Secret($0) }
        self.servers = servers
        self.plaintext = plaintext
    }

    /// What a provider is made of, but for its `ProviderSettings`.
    struct Recipe: Equatable {
        fileprivate let server: Provider.CompatibleServer?
        fileprivate let variables: [String: Secret]
        fileprivate let allowsPlaintext: Bool
    }

    func recipe(of id: String) -> Recipe {
        let kind = ProviderKind.all.first { $0.id == id }
        let names = (kind?.keyVariables ?? []) + (kind?.endpointVariables ?? []) + [kind?.organizationVariable ?? ""]
        return Recipe(
            server: servers.first { $0.name == id }, variables: environment.filter { names.contains($0.key) },
            allowsPlaintext: plaintext.contains(id))
    }

    package static func == (a: ProviderSet, b: ProviderSet) -> Bool {
        a.environment == b.environment && a.servers == b.servers && a.plaintext == b.plaintext
    }
}
