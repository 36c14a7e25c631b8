internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraSystem

extension Daemon {
    /// Opens the cache, if the configuration has one.
    func openCache() throws(StartFailure) {
        guard configuration.cache.isEnabled else { return }
        guard let sha256 = SHA256() else {
            throw StartFailure(
                message: "OpenSSL offers no SHA-256, which the cache needs: set cache.enabled to false",
                exitCode: EXIT_FAILURE)
        }
        cache = AnswerCache(relay, configuration.cache, sha256, cacheFile)
    }

    private var cacheFile: CacheFile? {
        guard configuration.cache.diskBytes > 0, let folder = configuration.stateDirectory else { return nil }
        return CacheFile(
            folder: folder, limitBytes: configuration.cache.diskBytes,
            lifetimeMilliseconds: configuration.cache.ttl.wholeMilliseconds
        ) { [log] error in
            log.warning(
                "the cache's file does not work (\(error)): answers are kept in memory",
                metadata: ["ultra_path": "\(folder)/\(CacheFile.name)"])
        }
    }
}
