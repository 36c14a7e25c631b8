internal import Glibc
internal import Logging
internal import UltraAPI
internal import UltraSystem

/// `cache_clear`, and the cache in `status`.
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

    func cacheClear(_ call: Call) {
        call.run { [self] in
            let cleared = await cache?.clear() ?? CacheFile.Figures()
            call.end(
                Report { json in
                    json.field("entries", cleared.entries)
                    json.field("bytes", cleared.bytes)
                })
        }
    }

    func writeCache(to json: inout JSONWriter) {
        let figures = cache?.figures ?? CacheFigures()
        json.key("cache")
        json.beginObject()
        json.field("enabled", cache != nil)
        json.field("hits", figures.hits)
        json.field("misses", figures.misses)
        json.field("coalesced", figures.coalesced)
        json.field("entries", cache?.entries ?? 0)
        json.field("bytes", cache?.memoryBytes ?? 0)
        json.field("disk_entries", cache?.fileFigures.entries ?? 0)
        json.field("disk_bytes", cache?.fileFigures.bytes ?? 0)
        json.microUSD("saved_usd", figures.savedMicroUSD)
        json.endObject()
    }
}
