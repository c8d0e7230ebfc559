#include "worker/models/attend.h"

#include <algorithm>
#include <cmath>

#include "worker/models/narrow_attention.h"
#include "worker/models/tiled_attention.h"

namespace weft::models {
namespace {

// On a device, one run of queries may have scores of 1 GiB.
constexpr std::int64_t kDeviceRunScores = std::int64_t{1} << 28U;

// One head of `x`: [tokens, heads * width], float32; rows first .. first + count - 1.
HeadRows RowsOf(const at::Tensor& x,
                std::int64_t head,
                std::int64_t width,
                std::int64_t first,
                std::int64_t count) {
  return {x.data_ptr<float>() + first * x.stride(0) + head * width, x.stride(0), count};
}

// Heads, and runs of queries where there are fewer heads than threads, are computed side by side.
at::Tensor AttendOnCpu(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads) {
  const std::int64_t width = q.size(1) / heads;
  const std::int64_t runs = (at::get_num_threads() + heads - 1) / heads;
  const std::int64_t run = (q.size(0) + runs - 1) / runs;
  at::Tensor out = at::empty(q.sizes(), q.options());
  at::parallel_for(0, heads * runs, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t head = part / runs;
      const std::int64_t first = part % runs * run;
      const std::int64_t count = std::min(run, q.size(0) - first);
      if (count < 1) {
        continue;
      }
      const HeadRows queries = RowsOf(q, head, width, first, count);
      const HeadRows keys = RowsOf(k, head, width, 0, k.size(0));
      const HeadRows values = RowsOf(v, head, width, 0, v.size(0));
      float* to = out.data_ptr<float>() + first * out.stride(0) + head * width;
      if (IsNarrow(width)) {
        AttendNarrow(queries, keys, values, width, to);
      } else {
        AttendInTiles(queries, keys, values, width, to);
      }
    }
  });
  return out;
}

// [tokens, heads * width] as [heads, tokens, width].
at::Tensor ByHead(const at::Tensor& x, int heads) {
  return x.view({x.size(0), heads, x.size(1) / heads}).transpose(0, 1);
}

at::Tensor AttendOnDevice(const at::Tensor& q,
                          const at::Tensor& k,
                          const at::Tensor& v,
                          int heads) {
  const at::Tensor queries = ByHead(q, heads);
  const at::Tensor keys = ByHead(k, heads).transpose(1, 2);
  const at::Tensor values = ByHead(v, heads);
  const std::int64_t run = std::max<std::int64_t>(1, kDeviceRunScores / (heads * k.size(0)));
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < q.size(0); begin += run) {
    const std::int64_t count = std::min(run, q.size(0) - begin);
    parts.push_back(
        at::bmm(at::softmax(at::bmm(queries.narrow(1, begin, count), keys), -1), values));
  }
  const at::Tensor all = parts.size() == 1 ? parts.front() : at::cat(parts, 1);
  return all.transpose(0, 1).reshape(q.sizes());
}

// Float32, its rows without gaps inside.
at::Tensor InFloat(const at::Tensor& x) {
  const at::Tensor plain = x.to(at::kFloat);
  return plain.stride(1) == 1 ? plain : plain.contiguous();
}

}  // namespace

at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads) {
  const at::Tensor scaled = q.mul(1.0 / std::sqrt(static_cast<double>(q.size(1) / heads)));
  if (!q.is_cpu()) {
    return AttendOnDevice(scaled, k, v, heads);
  }
  return AttendOnCpu(InFloat(scaled), InFloat(k), InFloat(v), heads).to(q.scalar_type());
}

}  // namespace weft::models
