// Finished frames into files: closed-GOP segments, joined without encoding again.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/plan/frames.h"
#include "common/result.h"
#include "worker/frame/frame.h"

namespace weft::media {

enum class Codec {
  kH264,  // libx264, yuv420p, in MP4.
  kFfv1,  // Lossless RGB, in Matroska.
};

struct SegmentFormat {
  Codec codec = Codec::kH264;
  int width = 0;   // Even for kH264.
  int height = 0;  // Even for kH264.
  std::int64_t rate_numerator = 25;
  std::int64_t rate_denominator = 1;
  bool deep = false;  // Of Frame::deep: H.264 with 10 bits a channel, FFV1 with 16.
};

// One segment: consecutive frames of the output, decodable on its own. Used by one thread.
class FrameSink {
 public:
  FrameSink() = default;
  FrameSink(const FrameSink&) = delete;
  FrameSink& operator=(const FrameSink&) = delete;
  virtual ~FrameSink() = default;

  // kInvalidArgument: not of the segment's size, or without the depth that it asks for.
  virtual Status Write(const Frame& frame) = 0;

  // Ends the segment and returns its bytes (a Matroska file of one closed group of pictures). Call
  // once. kInvalidArgument: no frame was written.
  virtual Result<std::string> Finish() = 0;
};

// Encodes with one thread and fixed settings, so equal frames give equal bytes.
// kInvalidArgument: odd size for kH264, which has no room for it.
Result<std::unique_ptr<FrameSink>> OpenSegment(const SegmentFormat& format);

// Segments to join, in order, by their numbers.
struct Segments {
  std::uint32_t count = 0;
  // Bytes from FrameSink::Finish(). Asked for in turn, twice: one is held at a time, however long
  // the file becomes. Its errors end the joining.
  std::function<Result<std::string>(std::uint32_t number)> read;
};

// Those that are at hand.
Segments SegmentsAtHand(std::vector<std::string> segments);

// What the joined file is made of.
struct Assembly {
  std::string output_path;   // .mp4, .mov, .mkv; its folder exists.
  std::string source_path;   // Audio and metadata come from here.
  FrameRange source_frames;  // Of the source, that the segments stand for.
  Segments segments;
  std::uint32_t frame_count = 0;  // That the segments must hold together.
  // The frames' values were made of the source's: where it names primaries and a transfer
  // characteristic, the file names the same, not BT.709. The matrix is the segments' own.
  bool source_colours = true;
};

// Joins the segments by stream copy, gives every frame the time stamp its source frame had (also
// with a variable frame rate), copies the source's audio of the same span, checks frame count and
// time stamps of what was written, and renames it into place; output_path appears only whole.
// kInvalidArgument: the container cannot hold the streams.  kNoSpace.  kPermissionDenied.
// kDataLoss: segments do not hold the frames they should.  Errors of Segments::read.
// kUnavailable: another process is writing the same output, or the source cannot be read now.
Status Assemble(const Assembly& assembly);

// The two below find before a render what would make Assemble fail after it.

// The name's ending can hold the codec, and a file can be made in its folder; leaves nothing
// behind. kInvalidArgument, kNotFound, kPermissionDenied, kNoSpace, kUnavailable as above.
Status CheckOutput(const std::string& output_path, Codec codec);

// The output can hold the source's audio, and is not the source itself. kInvalidArgument otherwise.
Status CheckOutputFitsSource(const std::string& output_path, const std::string& source_path);

}  // namespace weft::media
