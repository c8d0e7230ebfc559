#include "worker/models/attend.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "worker/models/bfloat16_attention.h"
#include "worker/models/narrow_attention.h"
#include "worker/models/tiled_attention.h"
#include "worker/models/torch_version.h"

namespace weft::models {
namespace {

// On a device, one run of queries may have so many scores: 1 GiB in float32.
constexpr std::int64_t kDeviceRunScores = std::int64_t{1} << 28U;

// Calls `attend(head, first, count)` for runs of queries of every head: heads, and runs where there
// are fewer heads than threads, are computed side by side.
template <typename Work>
void ForEachRun(std::int64_t queries, std::int64_t heads, const Work& attend) {
  const std::int64_t runs = (at::get_num_threads() + heads - 1) / heads;
  const std::int64_t run = (queries + runs - 1) / runs;
  at::parallel_for(0, heads * runs, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t first = part % runs * run;
      const std::int64_t count = std::min(run, queries - first);
      if (count > 0) {
        attend(part / runs, first, count);
      }
    }
  });
}

// Everything without gaps between rows: [tokens, heads * width].
struct Inputs {
  at::Tensor q;
  at::Tensor k;
  at::Tensor v;
  int heads;

  [[nodiscard]] std::int64_t width() const { return q.size(1) / heads; }
};

// Q is scaled already.
at::Tensor AttendFloatHeads(const Inputs& in) {
  const std::int64_t width = in.width();
  const std::int64_t stride = in.q.size(1);
  at::Tensor out = at::empty(in.q.sizes(), in.q.options());
  ForEachRun(in.q.size(0), in.heads,
             [&](std::int64_t head, std::int64_t first, std::int64_t count) {
               const std::int64_t column = head * width;
               const std::int64_t offset = first * stride + column;
               const HeadRows queries{in.q.data_ptr<float>() + offset, stride, count};
               const HeadRows keys{in.k.data_ptr<float>() + column, stride, in.k.size(0)};
               const HeadRows values{in.v.data_ptr<float>() + column, stride, in.v.size(0)};
               const auto attend = IsNarrow(width) ? AttendNarrow : AttendInTiles;
               attend(queries, keys, values, width, out.data_ptr<float>() + offset);
             });
  return out;
}

at::Tensor AttendBfloat16Heads(const Inputs& in, double scale) {
  const auto bits = [](const at::Tensor& x) {
    return reinterpret_cast<std::uint16_t*>(x.data_ptr<at::BFloat16>());
  };
  const std::int64_t width = in.width();
  const std::int64_t stride = in.q.size(1);
  at::Tensor out = at::empty(in.q.sizes(), in.q.options());
  ForEachRun(in.q.size(0), in.heads,
             [&](std::int64_t head, std::int64_t first, std::int64_t count) {
               const std::int64_t column = head * width;
               const std::int64_t offset = first * stride + column;
               AttendInBfloat16({bits(in.q) + offset, stride, count},
                                {bits(in.k) + column, stride, in.k.size(0)},
                                {bits(in.v) + column, stride, in.v.size(0)}, width,
                                static_cast<float>(scale), bits(out) + offset);
             });
  return out;
}

// Of one sample: [tokens, heads * width].
at::Tensor AttendOnCpu(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads, double scale) {
  if (q.scalar_type() == at::kBFloat16 && MultipliesBfloat16()) {
    return AttendBfloat16Heads({q.contiguous(), k.contiguous(), v.contiguous(), heads}, scale);
  }
  const auto in_float = [](const at::Tensor& x) { return x.to(at::kFloat).contiguous(); };
  return AttendFloatHeads({in_float(q).mul(scale), in_float(k), in_float(v), heads})
      .to(q.scalar_type());
}

// [samples, tokens, heads * width] as [samples, heads, tokens, width].
at::Tensor ByHead(const at::Tensor& x, int heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

// By its definition. All: [samples * heads, tokens, width]; the scale is in the queries.
at::Tensor AttendInRuns(const at::Tensor& queries,
                        const at::Tensor& keys,
                        const at::Tensor& values) {
  const std::int64_t run =
      std::max<std::int64_t>(1, kDeviceRunScores / (keys.size(0) * keys.size(1)));
  const at::Tensor across = keys.transpose(1, 2);
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < queries.size(1); begin += run) {
    const std::int64_t count = std::min(run, queries.size(1) - begin);
    parts.push_back(
        at::bmm(at::softmax(at::bmm(queries.narrow(1, begin, count), across), -1), values));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 1);
}

at::Tensor AttendOnDevice(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads, double scale) {
  const at::Tensor queries = ByHead(q, heads);
  const at::Tensor keys = ByHead(k, heads);
  const at::Tensor values = ByHead(v, heads);
  std::optional<at::Tensor> mixed = FusedAttention(queries, keys, values);
  if (!mixed) {
    const auto fold = [](const at::Tensor& x) { return x.flatten(0, 1); };
    mixed = AttendInRuns(fold(queries).mul(scale), fold(keys), fold(values)).view(queries.sizes());
  }
  return mixed->transpose(1, 2).reshape(q.sizes());
}

}  // namespace

at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(2) / heads));
  if (!q.is_cpu()) {
    return AttendOnDevice(q, k, v, heads, scale);
  }
  const auto attend = [&](std::int64_t sample) {
    return AttendOnCpu(q.select(0, sample), k.select(0, sample), v.select(0, sample), heads, scale);
  };
  if (q.size(0) == 1) {
    return attend(0).unsqueeze(0);
  }
  at::Tensor mixed = at::empty_like(q);
  for (std::int64_t sample = 0; sample < q.size(0); ++sample) {
    mixed.select(0, sample).copy_(attend(sample));
  }
  return mixed;
}

}  // namespace weft::models
