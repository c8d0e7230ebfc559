// Writes pictures and sound into one file, without encoding anything.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/media/audio_track.h"
#include "worker/media/container.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/video_track.h"

namespace weft::media {

class JoinedFile {
 public:
  // rate: of the pictures when it is constant, 0/1 otherwise. video and audio must outlive this.
  // Metadata is that of the audio's container.
  // kNoSpace, kPermissionDenied; kInvalidArgument: the container refuses the streams.
  static Result<JoinedFile> Open(const std::string& path,
                                 const Container& container,
                                 VideoTrack& video,
                                 AVRational rate,
                                 AudioTracks& audio);

  // Everything, in the order of decoding times, to the end of the file. Call once.
  // kNoSpace; kDataLoss: see VideoTrack.  kUnavailable: the sound's file cannot be read now.
  Status WriteAll();

 private:
  JoinedFile(VideoTrack& video, AudioTracks& audio) : video_(video), audio_(audio) {}

  Status AddVideo(AVRational rate);
  Status AddAudio();
  Status WritePacket(AVPacket* packet, AVRational time_base);

  VideoTrack& video_;
  AudioTracks& audio_;
  FilePtr file_;
  OutputPtr muxer_;
};

}  // namespace weft::media
