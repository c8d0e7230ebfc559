#include "tests/benchmarks/moving_pair.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "tests/benchmarks/flow_file.h"
#include "worker/eval/mat.h"

namespace weft::bench {
namespace {

constexpr int kSideMin = 16;
constexpr double kRoom = 1.25;  // Sides of the photograph over those of the pictures.
constexpr int kSamples = 2;     // A side of a pixel: edges come out soft, as a camera's do.
constexpr double kDegree = CV_PI / 180;

using Point = cv::Point2d;

// Lengths are parts of the picture's shorter side.
struct Moves {
  Point pan;
  double zoom = 1;
  double turn = 0;  // Degrees.
  double wobble = 0;
};

struct Scene {
  Moves background;
  Moves disc;
};

Scene SceneOf(PairMotion motion) {
  if (motion == PairMotion::kLarge) {
    return {{{0.06, -0.04}, 1.05, 4, 0.008}, {{-0.07, 0.05}, 0.95, -8, 0.004}};
  }
  return {{{0.012, -0.008}, 1.01, 0.7, 0.002}, {{-0.014, 0.01}, 0.99, -1.5, 0.001}};
}

// Places in the target, and where they are in the source, in pixels. side: the shorter one.
class Movement {
 public:
  Movement(const Moves& moves, Point middle, int side)
      : moves_(moves), middle_(middle), side_(side) {}

  [[nodiscard]] Point Forward(Point place) const {
    constexpr double kWaves = 3;  // Of the wobble, along the shorter side.
    const double frequency = 2 * CV_PI * kWaves / side_;
    const Point wobble(std::sin(frequency * place.y + 1), std::sin(frequency * place.x + 2));
    const Point off = moves_.zoom * (place - middle_);
    const double sine = std::sin(moves_.turn * kDegree);
    const double cosine = std::cos(moves_.turn * kDegree);
    const Point turned(cosine * off.x - sine * off.y, sine * off.x + cosine * off.y);
    return middle_ + turned + side_ * (moves_.pan + moves_.wobble * wobble);
  }

  // The motion is smooth and small, so that this comes closer by a factor of three or more each
  // time.
  [[nodiscard]] Point Backward(Point place) const {
    Point from = place;
    for (int i = 0; i < 30; ++i) {
      from += place - Forward(from);
    }
    return from;
  }

 private:
  Moves moves_;
  Point middle_;
  double side_;
};

class Stage {
 public:
  Stage(cv::Mat3b photo, cv::Size size, const Scene& scene)
      : photo_(std::move(photo)),
        size_(size),
        side_(std::min(size.width, size.height)),
        middle_(Point(size.width - 1, size.height - 1) / 2),
        disc_middle_(0.38 * size.width, 0.58 * size.height),
        disc_radius_(0.2 * side_),
        background_(scene.background, middle_, side_),
        disc_(scene.disc, disc_middle_, side_) {}

  [[nodiscard]] Frame Target() const {
    return Shot([](Point place, const Movement&) { return place; });
  }

  [[nodiscard]] Frame Source() const {
    return Shot([](Point place, const Movement& movement) { return movement.Backward(place); });
  }

  [[nodiscard]] cv::Mat2f Flow() const {
    cv::Mat2f flow(size_);
    flow.forEach(
        [this](cv::Vec2f& motion, const int* at) { motion = MotionAt(Point(at[1], at[0])); });
    return flow;
  }

 private:
  // Pixels from the disc's edge to a place of the target, less than 0 inside.
  [[nodiscard]] double FromDisc(Point place) const {
    return cv::norm(place - disc_middle_) - disc_radius_;
  }

  [[nodiscard]] cv::Vec2f MotionAt(Point place) const {
    constexpr double kEdge = 1.5;  // Pixels on both sides that show some of both.
    const bool on_disc = FromDisc(place) < 0;
    const Point there = (on_disc ? disc_ : background_).Forward(place);
    const bool hidden = !on_disc && FromDisc(disc_.Backward(there)) < kEdge;
    const bool inside =
        there.x >= 0 && there.y >= 0 && there.x <= size_.width - 1 && there.y <= size_.height - 1;
    if (hidden || !inside || std::abs(FromDisc(place)) < kEdge) {
      return {kUnknownMotion, kUnknownMotion};
    }
    return cv::Vec2d(there.x - place.x, there.y - place.y);
  }

  // `from(place, movement)`: the place of the target that is at `place` of this picture.
  template <typename From>
  [[nodiscard]] Frame Shot(const From& from) const {
    const Point photo_middle = Point(photo_.cols - 1, photo_.rows - 1) / 2;
    cv::Mat2f places(size_ * kSamples);
    places.forEach([&](cv::Vec2f& place, const int* at) {
      const Point here = (Point(at[1], at[0]) + Point(0.5, 0.5)) / kSamples - Point(0.5, 0.5);
      const Point on_disc = from(here, disc_);
      const Point seen = FromDisc(on_disc) < 0 ? photo_middle - (on_disc - middle_)
                                               : photo_middle + (from(here, background_) - middle_);
      place = cv::Vec2d(seen.x, seen.y);
    });
    cv::Mat3b samples;
    cv::remap(photo_, samples, places, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REFLECT_101);
    cv::Mat3b picture;
    cv::resize(samples, picture, size_, 0, 0, cv::INTER_AREA);
    return eval::ToFrame(picture);
  }

  cv::Mat3b photo_;
  cv::Size size_;
  int side_;
  Point middle_;
  Point disc_middle_;
  double disc_radius_;
  Movement background_;
  Movement disc_;
};

}  // namespace

Result<MovingPair> MakeMovingPair(const Frame& photo, PictureSize size, PairMotion motion) {
  const double scale =
      kRoom * std::max(1.0 * size.width / photo.width, 1.0 * size.height / photo.height);
  if (std::min(size.width, size.height) < kSideMin || scale > 1) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a pair of " + NameOf(size) + " pixels; sides of " + std::to_string(kSideMin) +
                       " or more are possible, of which this photograph has " +
                       NameOf({static_cast<int>(photo.width / kRoom),
                               static_cast<int>(photo.height / kRoom)}));
  }
  cv::Mat3b fitted;
  cv::resize(eval::ToMat(photo), fitted, cv::Size(), scale, scale, cv::INTER_AREA);
  const Stage stage(std::move(fitted), {size.width, size.height}, SceneOf(motion));
  return MovingPair{stage.Target(), stage.Source(), stage.Flow()};
}

}  // namespace weft::bench
