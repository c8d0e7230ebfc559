// Frames to encode, and segments made of them.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "worker/frame/frame.h"
#include "worker/media/frame_sink.h"

namespace weft::media {

// Soft waves that move; every frame has a number and no two are alike.
inline std::vector<Frame> MovingPicture(std::uint32_t begin,
                                        std::uint32_t end,
                                        int width,
                                        int height) {
  std::vector<Frame> frames;
  for (std::uint32_t i = begin; i < end; ++i) {
    Frame frame{width, height, {}};
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int channel = 0; channel < 3; ++channel) {
          const double wave = std::sin(0.1 * x + 0.2 * i + channel) + std::cos(0.13 * y - 0.1 * i);
          frame.rgb.push_back(static_cast<std::uint8_t>(128 + 60 * wave));
        }
      }
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

// 16 bits a channel: shallow ramps, of which 8 bits would show the steps. No two are alike.
inline std::vector<Frame> DeepRamps(int count, int width, int height) {
  std::vector<Frame> frames;
  for (int i = 0; i < count; ++i) {
    Frame frame{width, height, {}};
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int channel = 0; channel < 3; ++channel) {
          frame.deep.push_back(
              static_cast<std::uint16_t>(20'000 + 23 * x + 17 * y + 900 * channel + 31 * i));
        }
      }
    }
    RoundTo8Bits(&frame);
    frames.push_back(std::move(frame));
  }
  return frames;
}

inline std::string SegmentOf(const SegmentFormat& format, const std::vector<Frame>& frames) {
  auto segment = OpenSegment(format).value();
  for (const Frame& frame : frames) {
    if (!segment->Write(frame)) {
      throw std::runtime_error("a segment refuses a frame");
    }
  }
  return segment->Finish().value();
}

// The frames cut into segments of `length`.
inline std::vector<std::string> SegmentsOf(const SegmentFormat& format,
                                           const std::vector<Frame>& frames,
                                           std::size_t length) {
  std::vector<std::string> segments;
  for (std::size_t at = 0; at < frames.size(); at += length) {
    const std::size_t end = std::min(frames.size(), at + length);
    segments.push_back(SegmentOf(format, {frames.begin() + static_cast<std::ptrdiff_t>(at),
                                          frames.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  return segments;
}

}  // namespace weft::media
