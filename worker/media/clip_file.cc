#include "worker/media/clip_file.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::media {
namespace {

// Formats that name other files, and one that takes any text for a picture.
constexpr const char* kRefusedFormats = "concat,dash,hls,sdp,tty";

Status CheckReadable(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return Failure(ReadError(AVERROR(errno), "cannot open " + path));
  }
  if (!S_ISREG(status.st_mode)) {
    return Failure(ErrorCode::kInvalidArgument,
                   path + " is not a regular file; give the path of a video file");
  }
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return Failure(ReadError(AVERROR(errno), "cannot read " + path));
  }
  close(file);
  if (status.st_size == 0) {
    return Failure(ErrorCode::kInvalidArgument, path + " is empty; give a video file");
  }
  return {};
}

Error NotMedia(const std::string& path) {
  return {ErrorCode::kInvalidArgument,
          path +
              " is not a video that FFmpeg can read; if it should be one, the file is damaged or "
              "incomplete: copy it again"};
}

// A cover picture in an audio file is no video.
bool IsVideo(const AVStream& stream) {
  constexpr int kPictures = AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
  return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO && (stream.disposition & kPictures) == 0;
}

int FindVideo(AVFormatContext* input) {
  const int best = av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (best >= 0 && IsVideo(*input->streams[best])) {
    return best;
  }
  for (unsigned i = 0; i < input->nb_streams; ++i) {
    if (IsVideo(*input->streams[i])) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

// Null for a format that is known by its name and opens its files itself, as of single pictures.
Result<FilePtr> OpenFile(const std::string& path) {
  const std::string url = FileUrl(path);
  AVProbeData name{};
  name.filename = url.c_str();
  int score = AVPROBE_SCORE_RETRY;  // As FFmpeg decides it.
  if (av_probe_input_format2(&name, 0, &score) != nullptr) {
    return FilePtr();
  }
  AVIOContext* opened = nullptr;
  const int status = avio_open(&opened, url.c_str(), AVIO_FLAG_READ);
  FilePtr file(opened);
  if (status < 0) {
    return Failure(ReadError(status, "cannot read " + path));
  }
  return file;
}

// FFmpeg takes a failed read for the end of the file, and says EIO of many that are only cut off:
// what counts is what the file itself has said, which it keeps. Null: see OpenFile().
Status CheckRead(const AVIOContext* file, const std::string& path) {
  const int error = file == nullptr ? 0 : file->error;
  return error < 0 ? Status(Failure(ReadError(error, "cannot read " + path))) : Status();
}

// The file is opened here, not by FFmpeg, to know of a failure whether it was one of reading.
Result<InputPtr> OpenInput(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(FilePtr file, OpenFile(path));
  AVFormatContext* opened = avformat_alloc_context();
  if (opened == nullptr) {
    return Failure(ErrorCode::kResourceExhausted, "no memory to read " + path);
  }
  opened->pb = file.get();
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  // Frees `opened` when it fails, but not `file`.
  const int status = avformat_open_input(&opened, FileUrl(path).c_str(), nullptr, &options);
  av_dict_free(&options);
  if (status == AVERROR(ENOMEM)) {
    return Failure(FfmpegError(status, "cannot open " + path));
  }
  if (status < 0) {
    WEFT_RETURN_IF_ERROR(CheckRead(file.get(), path));
    return Failure(NotMedia(path));
  }
  InputPtr input(opened);
  if (file) {
    input->flags &= ~AVFMT_FLAG_CUSTOM_IO;  // From here on it closes the file.
    static_cast<void>(file.release());
  }
  return input;
}

}  // namespace

Result<InputPtr> OpenContainer(const std::string& path) {
  SilenceFfmpeg();
  WEFT_RETURN_IF_ERROR(CheckReadable(path));
  WEFT_ASSIGN_OR_RETURN(InputPtr input, OpenInput(path));
  if (av_match_name(input->iformat->name, kRefusedFormats) != 0) {
    return Failure(NotMedia(path));
  }
  const int found = avformat_find_stream_info(input.get(), nullptr);
  WEFT_RETURN_IF_ERROR(CheckRead(input->pb, path));
  if (found < 0) {
    return Failure(NotMedia(path));
  }
  return input;
}

Result<bool> ReadNext(AVFormatContext& input, const std::string& path, AVPacket* packet) {
  av_packet_unref(packet);
  const int status = av_read_frame(&input, packet);
  WEFT_RETURN_IF_ERROR(CheckRead(input.pb, path));
  return status >= 0;
}

Result<ClipFile> ClipFile::Open(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(InputPtr input, OpenContainer(path));
  const int video = FindVideo(input.get());
  if (video < 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   path + " has no video stream; give a file that holds a video");
  }
  for (unsigned i = 0; i < input->nb_streams; ++i) {
    if (static_cast<int>(i) != video) {
      input->streams[i]->discard = AVDISCARD_ALL;
    }
  }
  const AVDictionaryEntry* const alpha =
      av_dict_get(input->streams[video]->metadata, "alpha_mode", nullptr, 0);
  if (alpha != nullptr && std::strcmp(alpha->value, "0") != 0) {
    // In a layer of its own, which the decoder's pixel format does not show.
    return Failure(ErrorCode::kInvalidArgument,
                   path + ": the video has transparency (alpha_mode " + alpha->value +
                       "), which Weft would lose; put it on a background first");
  }
  return ClipFile(path, std::move(input), video);
}

// A fragmented file lists those of its first fragments by now: never more than it holds.
void ClipFile::ListPackets() {
  if (av_match_name("mov", input_->iformat->name) != 0) {
    packets_listed_ = avformat_index_get_entries_count(&video());
  }
}

double ClipFile::ClaimedEnd() const {
  const AVDictionaryEntry* const tag = av_dict_get(video().metadata, "DURATION", nullptr, 0);
  std::int64_t microseconds = 0;
  constexpr int kIsDuration = 1;
  if (av_match_name("matroska", input_->iformat->name) == 0 || tag == nullptr ||
      av_parse_time(&microseconds, tag->value, kIsDuration) < 0) {
    return 0;
  }
  return static_cast<double>(microseconds) / AV_TIME_BASE;
}

Result<bool> ClipFile::ReadPacket(AVPacket* packet) {
  while (true) {
    WEFT_ASSIGN_OR_RETURN(const bool found, ReadNext(*input_, path_, packet));
    if (!found) {
      return false;
    }
    if (packet->stream_index == video_stream_) {
      ++packets_read_;
      return true;
    }
  }
}

bool ClipFile::HasFailed() const {
  return input_->pb != nullptr && input_->pb->error < 0;
}

Result<CodecContextPtr> ClipFile::NewDecoder() const {
  const AVCodecParameters& parameters = *video().codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    return Failure(ErrorCode::kInvalidArgument,
                   path_ + " is encoded with " + avcodec_get_name(parameters.codec_id) +
                       ", which this FFmpeg cannot decode; convert it to H.264 first");
  }
  CodecContextPtr decoder(avcodec_alloc_context3(codec));
  if (!decoder) {
    return Failure(ErrorCode::kResourceExhausted, "no memory for a video decoder");
  }
  if (const int status = avcodec_parameters_to_context(decoder.get(), &parameters); status < 0) {
    return Failure(FfmpegError(status, "cannot set up the decoder for " + path_));
  }
  decoder->pkt_timebase = video().time_base;
  decoder->thread_count = 1;
  if (const int status = avcodec_open2(decoder.get(), codec, nullptr); status < 0) {
    return Failure(ErrorCode::kInvalidArgument, "cannot decode " + path_ + ": its " + codec->name +
                                                    " stream is damaged or of an unknown kind (" +
                                                    FfmpegWords(status) + ")");
  }
  return decoder;
}

}  // namespace weft::media
