// SPDX-License-Identifier: GPL-3.0-or-later

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "core/text/zstd_stream_impl.h"

namespace gridscope {

namespace {

struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

/// 27 to 31, the largest window that fits `windowBytes`.
int windowLog(std::uint64_t windowBytes) {
    const int log = static_cast<int>(std::bit_width(windowBytes)) - 1;
    return std::min(std::max(log, 27), 31);
}

class ZstdStream final : public ByteStream {
public:
    ZstdStream(std::unique_ptr<ByteStream> packed, ZSTD_DStream* stream, std::string where)
        : m_packed(std::move(packed)),
          m_stream(stream),
          m_where(std::move(where)),
          m_buffer(ZSTD_DStreamInSize()) {}

    Expected<std::size_t> read(std::span<char> into) override {
        ZSTD_outBuffer out{into.data(), into.size(), 0};
        while (out.pos == 0) {
            if (m_input.pos == m_input.size && !m_held) {
                GRIDSCOPE_TRY_ASSIGN(count, m_packed->read(m_buffer));
                if (count == 0) return atEnd();
                m_seen += count;
                m_input = {m_buffer.data(), count, 0};
            }
            const std::size_t state = ZSTD_decompressStream(m_stream.get(), &out, &m_input);
            if (ZSTD_isError(state)) return failure(ZSTD_getErrorCode(state));
            m_inFrame = state != 0;
            // A full output may leave unpacked bytes inside the stream.
            m_held = out.pos == out.size && m_inFrame;
        }
        return out.pos;
    }

private:
    std::string place() const {
        return m_where + ", byte " + std::to_string(m_seen - (m_input.size - m_input.pos));
    }

    Expected<std::size_t> atEnd() const {
        if (m_seen == 0)
            return Error{ErrorCode::TokensCompressed, m_where, "is empty, a zstd frame is needed",
                         "Get the file again"};
        if (m_inFrame)
            return Error{ErrorCode::TokensCompressed, place(), "the file ends inside a zstd frame",
                         "It is incomplete; get it again"};
        return std::size_t{0};
    }

    Error failure(ZSTD_ErrorCode code) const {
        if (code == ZSTD_error_frameParameter_windowTooLarge)
            return {ErrorCode::TokensCompressed, place(),
                    "the frame needs a larger window than the memory at hand allows",
                    "Unpack it with zstd --long=31, or pack it without --long"};
        if (code == ZSTD_error_memory_allocation)
            return {ErrorCode::MemoryFailed, place(), "there is not enough memory to unpack it",
                    "Close other programs, or unpack the file first"};
        return {ErrorCode::TokensCompressed, place(),
                "cannot be unpacked: " + std::string(ZSTD_getErrorString(code)),
                "The file is damaged or no zstd file; get it again"};
    }

    std::unique_ptr<ByteStream> m_packed;
    std::unique_ptr<ZSTD_DStream, FreeStream> m_stream;
    std::string m_where;
    std::vector<char> m_buffer;
    ZSTD_inBuffer m_input{nullptr, 0, 0};
    std::uint64_t m_seen = 0;  // packed bytes read so far
    bool m_inFrame = false;
    bool m_held = false;
};

}  // namespace

Expected<std::unique_ptr<ByteStream>> openZstdStream(std::unique_ptr<ByteStream> packed,
                                                     std::uint64_t windowBytes, std::string where) {
    ZSTD_DStream* stream = ZSTD_createDStream();
    if (stream == nullptr)
        return Error{ErrorCode::MemoryFailed, std::move(where),
                     "there is not enough memory to unpack it", "Close other programs"};
    // Frames announce their window; beyond this one the stream refuses them before allocating.
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, windowLog(windowBytes));
    return std::unique_ptr<ByteStream>(
        std::make_unique<ZstdStream>(std::move(packed), stream, std::move(where)));
}

}  // namespace gridscope
