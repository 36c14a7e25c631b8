internal import UltraAPI

/// What a flight does upstream.
enum FlightWork {
    case generate(Request)
    case embed(EmbedRequest)
}
