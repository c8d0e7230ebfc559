// How the values of a clip's colours are to be shown.

#pragma once

#include "common/result.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

// What a file says beside the matrix, which is another one in the file that is written.
struct ColourTags {
  AVColorPrimaries primaries = AVCOL_PRI_UNSPECIFIED;
  AVColorTransferCharacteristic transfer = AVCOL_TRC_UNSPECIFIED;
};

// Of a decoded frame. Nothing where all that it says is BT.709: segments say so themselves.
ColourTags TagsOf(const AVFrame& frame);

// Makes `parameters`, of a segment, say what `tags` does; what these leave open stays. The filter
// does the same to the packets: one comes out for each that goes in.
// kUnsupported: FFmpeg was built without it.
Result<FilterPtr> Retag(const ColourTags& tags, AVCodecParameters* parameters);

}  // namespace weft::media
