#include "tests/benchmarks/true_motion.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include <opencv2/imgproc.hpp>

#include "tests/benchmarks/npy_array.h"
#include "tests/benchmarks/zip_file.h"

namespace weft::bench {
namespace {

using Arrays = std::map<std::string, NpyArray>;

constexpr int kSideMax = 16384;
constexpr float kFlowUnit = 1.0F / 32;

struct Shape {
  std::size_t pairs = 0;
  int width = 0;
  int height = 0;

  [[nodiscard]] std::size_t Rows() const { return static_cast<std::size_t>(height + 1) / 2; }
  [[nodiscard]] std::size_t Columns() const { return static_cast<std::size_t>(width + 1) / 2; }
  [[nodiscard]] std::size_t Pixels() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
};

Result<Arrays> ReadArrays(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Failure(ErrorCode::kNotFound, "no such file");
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  WEFT_ASSIGN_OR_RETURN(const auto members, UnpackZip(bytes));
  Arrays arrays;
  for (const auto& [name, member] : members) {
    WEFT_ASSIGN_OR_RETURN(arrays[name], ParseNpy(member));
  }
  return arrays;
}

// The values of a little-endian array on a little-endian machine.
template <typename Value>
std::vector<Value> ValuesOf(const NpyArray& array) {
  std::vector<Value> values(array.values.size() / sizeof(Value));
  std::memcpy(values.data(), array.values.data(), values.size() * sizeof(Value));
  return values;
}

Result<Shape> ShapeOf(const Arrays& arrays) {
  for (const auto& [name, type] : {std::pair("flow.npy", "<i2"), std::pair("valid.npy", "|u1"),
                                   std::pair("shape.npy", "<i8")}) {
    const auto found = arrays.find(name);
    if (found == arrays.end() || found->second.type != type) {
      return Failure(ErrorCode::kUnsupported,
                     std::string("there is no ") + name + " of type " + type);
    }
  }
  const auto sides = ValuesOf<std::int64_t>(arrays.at("shape.npy"));
  if (sides.size() != 3 || sides[0] < 1 || sides[1] < 1 || sides[1] > kSideMax || sides[2] < 1 ||
      sides[2] > kSideMax) {
    return Failure(ErrorCode::kUnsupported, "shape.npy is not pairs, height, width");
  }
  const Shape shape{static_cast<std::size_t>(sides[0]), static_cast<int>(sides[2]),
                    static_cast<int>(sides[1])};
  const std::vector<std::size_t> flow = {shape.pairs, shape.Rows(), shape.Columns(), 2};
  if (arrays.at("flow.npy").shape != flow ||
      arrays.at("valid.npy").values.size() < (shape.pairs * shape.Pixels() + 7) / 8) {
    return Failure(ErrorCode::kUnsupported, "flow.npy or valid.npy do not have shape.npy's size");
  }
  return shape;
}

// Between the pixels whose flow is there it is linear.
cv::Mat2f Places(const Shape& shape, const std::int16_t* flow) {
  cv::Mat2f coarse(static_cast<int>(shape.Rows()), static_cast<int>(shape.Columns()));
  for (cv::Vec2f& motion : coarse) {
    motion = {static_cast<float>(flow[0]) * kFlowUnit, static_cast<float>(flow[1]) * kFlowUnit};
    flow += 2;
  }
  cv::Mat2f halves(shape.height, shape.width);
  halves.forEach([](cv::Vec2f& place, const int* at) {
    place = cv::Vec2f(static_cast<float>(at[1]), static_cast<float>(at[0])) / 2;
  });
  cv::Mat2f places;
  cv::remap(coarse, places, halves, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  places.forEach([](cv::Vec2f& place, const int* at) {
    place += cv::Vec2f(static_cast<float>(at[1]), static_cast<float>(at[0]));
  });
  return places;
}

cv::Mat1b Known(const Shape& shape, const std::vector<std::uint8_t>& bits, std::size_t first) {
  cv::Mat1b known(shape.height, shape.width);
  for (std::uint8_t& value : known) {
    const bool set = (bits[first / 8] >> (7 - first % 8) & 1) != 0;
    value = set ? 255 : 0;
    ++first;
  }
  return known;
}

Result<std::vector<eval::Motion>> MotionOf(const Arrays& arrays) {
  WEFT_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(arrays));
  const auto flow = ValuesOf<std::int16_t>(arrays.at("flow.npy"));
  const auto bits = ValuesOf<std::uint8_t>(arrays.at("valid.npy"));
  std::vector<eval::Motion> motion;
  motion.reserve(shape.pairs);
  for (std::size_t pair = 0; pair < shape.pairs; ++pair) {
    const std::size_t first = pair * shape.Rows() * shape.Columns() * 2;
    motion.push_back(
        {Places(shape, flow.data() + first), Known(shape, bits, pair * shape.Pixels())});
  }
  return motion;
}

}  // namespace

Result<std::vector<eval::Motion>> ReadTrueMotion(const std::string& path) {
  const Result<Arrays> arrays = ReadArrays(path);
  const Result<std::vector<eval::Motion>> motion =
      arrays ? MotionOf(*arrays) : Result<std::vector<eval::Motion>>(Failure(arrays.error()));
  return motion ? motion : Result<std::vector<eval::Motion>>(Failure(motion.error().Within(path)));
}

}  // namespace weft::bench
