import UltraAPI

extension RawJSON {
    /// How many elements an array has.
    func elementCount() throws(JSONError) -> Int {
        try JSONReader.read(bytes) { (reader) throws(JSONError) in
            var count = 0
            try reader.beginArray()
            while try reader.nextElement() {
                try reader.skip()
                count += 1
            }
            return count
        }
    }
}
