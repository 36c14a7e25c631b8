import UltraAPI

/// Providers that run on the local machine: enabled by an environment variable, and usable without a key.
extension ProviderKind {
    /// Docker Model Runner, enabled by `USE_MODEL_RUNNER=true`. It is called by HTTP, or as a program if
    /// `MODEL_RUNNER_TYPE=cli`.
    ///
    /// `MODEL_RUNNER_HOST` has the meaning it has for Docker's CLI: a URL, or `unix:///path` for the socket of Docker
    /// Desktop or of a standalone runner. `GPU_ENABLED` is validated but has no effect, because a runner's use of the
    /// GPU is decided at its installation.
    package static let docker = ProviderKind(
        id: "docker", displayName: "Docker Model Runner", keyVariables: [], endpointVariables: ["MODEL_RUNNER_HOST"],
        organizationVariable: nil, concurrencyVariable: "MAX_CONCURRENT_DOCKER",
        defaultEndpoint: "http://localhost:12434", versionPath: "/engines/v1", isLocal: true,
        backend: { kind, settings, allowsPlaintext in
            guard settings.flag("USE_MODEL_RUNNER", default: false) else { return nil }
            _ = settings.flag("GPU_ENABLED", default: false)
            switch settings.value("MODEL_RUNNER_TYPE")?.lowercased() {
            case nil, "api": break
            case "cli": return .command(DockerCommand(provider: kind.id, environment: settings.environment))
            default:
                settings.problem("MODEL_RUNNER_TYPE", "must be api or cli")
                return nil
            }
            let host = settings.value("MODEL_RUNNER_HOST")
            guard let host, host.hasPrefix(unixScheme) else {
                guard let endpoint = settings.endpoint(kind, allowsPlaintext: allowsPlaintext) else { return nil }
                let adapter = kind.makeAdapter(AdapterSettings(provider: kind.id, endpoint: endpoint))
                return .http(endpoint, adapters: [adapter])
            }
            let path = String(host.dropFirst(unixScheme.count))
            guard path.hasPrefix("/"), path.utf8.count < 108 else {
                settings.problem("MODEL_RUNNER_HOST", "must name a socket by its absolute path, with at most 107 bytes")
                return nil
            }
            // Docker's own socket serves the runner below a path prefix.
            let prefix = path.hasSuffix("/docker.sock") ? DockerAdapter.socketPrefix : ""
            do throws(Endpoint.Flaw) {
                let endpoint = try Endpoint("http://localhost\(prefix)", versionPath: kind.versionPath)
                return .http(
                    endpoint,
                    adapters: [DockerAdapter(provider: kind.id, endpoint: endpoint, socketPath: path)])
            } catch {
                settings.problem("MODEL_RUNNER_HOST", error.reason)
                return nil
            }
        }
    ) { settings in
        DockerAdapter(provider: settings.provider, endpoint: settings.endpoint)
    }

    private static let unixScheme = "unix://"

    /// Ollama: a server at `OLLAMA_HOST`, or the hosted service if only `OLLAMA_API_KEY` is set.
    static let ollama = ProviderKind(
        id: "ollama", displayName: "Ollama", keyVariables: ["OLLAMA_API_KEY"], endpointVariables: ["OLLAMA_HOST"],
        organizationVariable: nil, concurrencyVariable: "MAX_CONCURRENT_OLLAMA",
        defaultEndpoint: OllamaHost.hosted, versionPath: "", isLocal: true,
        backend: { kind, settings, allowsPlaintext in
            let host = settings.value("OLLAMA_HOST")
            let keys = settings.keys(kind.keyVariables)
            guard host != nil || !keys.isEmpty else { return nil }
            do throws(Endpoint.Flaw) {
                let endpoint = try Endpoint(
                    host.map { OllamaHost.url($0) } ?? kind.defaultEndpoint, versionPath: kind.versionPath,
                    allowsPlaintext: allowsPlaintext)
                let adapters = (keys.isEmpty ? [nil] : keys.map(Optional.some)).map { key in
                    kind.makeAdapter(AdapterSettings(provider: kind.id, endpoint: endpoint, key: key))
                }
                return .http(endpoint, adapters: adapters)
            } catch {
                settings.problem("OLLAMA_HOST", error.reason)
                return nil
            }
        }
    ) { settings in
        OllamaAdapter(provider: settings.provider, endpoint: settings.endpoint, key: settings.key)
    }
}
