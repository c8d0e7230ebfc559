#include "worker/media/joined_file.h"

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

namespace weft::media {
namespace {

constexpr int kVideoStream = 0;  // Audio tracks follow.

// What describes the work, not the file that it was in.
void CopyMetadata(const AVDictionary* from, AVDictionary** to) {
  av_dict_copy(to, from, 0);
  for (const char* key : {"major_brand", "minor_version", "compatible_brands", "encoder"}) {
    av_dict_set(to, key, nullptr, 0);
  }
}

void CopyEntry(const AVDictionary* from, const char* key, AVDictionary** to) {
  if (const AVDictionaryEntry* entry = av_dict_get(from, key, nullptr, 0); entry != nullptr) {
    av_dict_set(to, key, entry->value, 0);
  }
}

bool ComesFirst(const AVPacket& a, AVRational a_base, const AVPacket& b, AVRational b_base) {
  return av_compare_ts(a.dts, a_base, b.dts, b_base) <= 0;
}

}  // namespace

Result<JoinedFile> JoinedFile::Open(const std::string& path,
                                    const Container& container,
                                    VideoTrack& video,
                                    AVRational rate,
                                    AudioTracks& audio) {
  JoinedFile joined(video, audio);
  AVFormatContext* muxer = nullptr;
  const std::string url = FileUrl(path);
  int status = avformat_alloc_output_context2(&muxer, nullptr, container.muxer, url.c_str());
  joined.muxer_.reset(muxer);
  if (status < 0) {
    return Failure(FfmpegError(status, std::string("no muxer ") + container.muxer));
  }
  AVIOContext* file = nullptr;
  status = avio_open(&file, url.c_str(), AVIO_FLAG_WRITE);
  joined.file_.reset(file);
  if (status < 0) {
    return Failure(FfmpegError(status, path));
  }
  muxer->pb = file;
  muxer->flags |= AVFMT_FLAG_BITEXACT;
  // Every track's times are right already; a shift would move pictures against their source.
  muxer->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
  CopyMetadata(audio.container().metadata, &muxer->metadata);
  WEFT_RETURN_IF_ERROR(joined.AddVideo(rate));
  WEFT_RETURN_IF_ERROR(joined.AddAudio());

  AVDictionary* options = nullptr;
  if (!container.matroska) {
    av_dict_set(&options, "movflags", "+faststart", 0);
  }
  status = avformat_write_header(muxer, &options);
  av_dict_free(&options);
  if (status < 0) {
    return Failure(FfmpegError(status, "the file's header"));
  }
  return joined;
}

Status JoinedFile::AddVideo(AVRational rate) {
  AVStream* stream = avformat_new_stream(muxer_.get(), nullptr);
  if (stream == nullptr || avcodec_parameters_copy(stream->codecpar, &video_.parameters()) < 0) {
    return Failure(ErrorCode::kResourceExhausted, "no memory for a video stream");
  }
  stream->codecpar->codec_tag = 0;  // The muxer's own.
  stream->codecpar->sample_aspect_ratio = {1, 1};
  stream->sample_aspect_ratio = {1, 1};
  stream->time_base = video_.time_base();
  stream->avg_frame_rate = rate;
  stream->disposition = AV_DISPOSITION_DEFAULT;
  return {};
}

Status JoinedFile::AddAudio() {
  if (audio_.size() > 0) {
    muxer_->strict_std_compliance = kAudioCompliance;
  }
  for (std::size_t i = 0; i < audio_.size(); ++i) {
    const AVStream& source = audio_.stream(i);
    AVStream* stream = avformat_new_stream(muxer_.get(), nullptr);
    if (stream == nullptr || avcodec_parameters_copy(stream->codecpar, source.codecpar) < 0) {
      return Failure(ErrorCode::kResourceExhausted, "no memory for an audio stream");
    }
    stream->codecpar->codec_tag = 0;
    stream->time_base = source.time_base;
    stream->disposition = source.disposition;
    CopyEntry(source.metadata, "language", &stream->metadata);
    CopyEntry(source.metadata, "title", &stream->metadata);
  }
  return {};
}

Status JoinedFile::WritePacket(AVPacket* packet, AVRational time_base) {
  AVStream& stream = *muxer_->streams[packet->stream_index];
  av_packet_rescale_ts(packet, time_base, stream.time_base);
  if (const int status = av_interleaved_write_frame(muxer_.get(), packet); status < 0) {
    return Failure(FfmpegError(status, "stream " + std::to_string(packet->stream_index)));
  }
  return {};
}

Status JoinedFile::WriteAll() {
  const PacketPtr picture = NewPacket();
  const PacketPtr sound = NewPacket();
  WEFT_ASSIGN_OR_RETURN(bool pictures_left, video_.Next(picture.get()));
  WEFT_ASSIGN_OR_RETURN(bool sound_left, audio_.Next(sound.get()));
  while (pictures_left || sound_left) {
    const AVRational sound_base =
        sound_left ? audio_.stream(static_cast<std::size_t>(sound->stream_index)).time_base
                   : AVRational{1, 1};
    const bool picture_first =
        pictures_left &&
        (!sound_left || ComesFirst(*picture, video_.time_base(), *sound, sound_base));
    if (picture_first) {
      picture->stream_index = kVideoStream;
      WEFT_RETURN_IF_ERROR(WritePacket(picture.get(), video_.time_base()));
      WEFT_ASSIGN_OR_RETURN(pictures_left, video_.Next(picture.get()));
    } else {
      sound->stream_index += kVideoStream + 1;
      WEFT_RETURN_IF_ERROR(WritePacket(sound.get(), sound_base));
      WEFT_ASSIGN_OR_RETURN(sound_left, audio_.Next(sound.get()));
    }
  }
  int status = av_write_trailer(muxer_.get());
  if (status >= 0) {
    status = file_->error;
  }
  const int closed = avio_close(file_.release());
  if (status < 0 || closed < 0) {
    return Failure(FfmpegError(status < 0 ? status : closed, "the end of the file"));
  }
  return {};
}

}  // namespace weft::media
