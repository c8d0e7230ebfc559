#include <cstddef>
#include <string>

#include <cuda_runtime_api.h>

#include "worker/deflicker/tile_block_levels.h"
#include "worker/deflicker/tile_block_search.h"
#include "worker/deflicker/tile_field_cuda.h"

namespace weft::deflicker {
namespace {

constexpr int kThreads = 128;  // Of a block: one for each half of a tile's columns.
static_assert(kThreads == 2 * kTileColumns);

// See tile_block_search.h.
class CudaBlock {
 public:
  template <typename Work>
  __device__ void ForEach(int count, const Work& work) {
    for (int i = static_cast<int>(threadIdx.x); i < count; i += kThreads) {
      work(i);
    }
    __syncthreads();
  }

  template <typename Test>
  __device__ bool Any(int count, const Test& test) {
    bool found = false;
    for (int i = static_cast<int>(threadIdx.x); i < count && !found; i += kThreads) {
      found = test(i);
    }
    return __syncthreads_or(found) != 0;
  }

  template <typename Work>
  __device__ void Once(const Work& work) {
    if (threadIdx.x == 0) {
      work();
    }
    __syncthreads();
  }
};

__global__ void __launch_bounds__(kThreads) SearchTile(BlockRound round) {
  // As bytes: what is shared has no constructors.
  __shared__ alignas(16) unsigned char bytes[sizeof(BlockScratch)];
  CudaBlock block;
  BlockSearch<CudaBlock>(block, round, static_cast<int>(blockIdx.x),
                         *reinterpret_cast<BlockScratch*>(bytes))
      .Run();
}

Status ToStatus(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return {};
    case cudaErrorMemoryAllocation:
      return Failure(ErrorCode::kResourceExhausted, "CUDA: out of memory");
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorInsufficientDriver:
      return Failure(ErrorCode::kUnsupported,
                     std::string("there is no such CUDA device: ") + cudaGetErrorString(error));
    default:
      return Failure(ErrorCode::kInternal, std::string("CUDA: ") + cudaGetErrorString(error));
  }
}

// See tile_block_levels.h.
class CudaMachine {
 public:
  CudaMachine() = default;
  CudaMachine(const CudaMachine&) = delete;
  CudaMachine& operator=(const CudaMachine&) = delete;
  ~CudaMachine() {
    for (void* const memory : memory_) {
      cudaFree(memory);
    }
  }

  template <typename T>
  Result<T*> Take(std::size_t count) {
    void* memory = nullptr;
    WEFT_RETURN_IF_ERROR(ToStatus(cudaMalloc(&memory, count * sizeof(T))));
    memory_.push_back(memory);
    return static_cast<T*>(memory);
  }

  Result<PlanesView> Show(const MatchPlanes& planes) {
    const std::int16_t* const begin =
        planes.At(0, -MatchPlanes::kMarginColumns, -MatchPlanes::kMarginRows);
    const auto rows = static_cast<std::size_t>(planes.Height() + 2 * MatchPlanes::kMarginRows);
    const std::size_t count = rows * static_cast<std::size_t>(planes.Stride());
    WEFT_ASSIGN_OR_RETURN(std::int16_t* const copy, Take<std::int16_t>(count));
    WEFT_RETURN_IF_ERROR(
        ToStatus(cudaMemcpy(copy, begin, count * sizeof(std::int16_t), cudaMemcpyHostToDevice)));
    return PlanesView{copy + (planes.At(0, 0, 0) - begin), planes.Stride(), planes.ChannelStride(),
                      planes.Width(), planes.Height()};
  }

  Status Search(const BlockRound& round) {
    SearchTile<<<static_cast<unsigned>(round.Columns() * round.Rows()), kThreads>>>(round);
    WEFT_RETURN_IF_ERROR(ToStatus(cudaGetLastError()));
    return ToStatus(cudaDeviceSynchronize());
  }

  template <typename T>
  Status Fetch(const T* from, std::size_t count, std::vector<T>* to) {
    to->resize(count);
    return ToStatus(cudaMemcpy(to->data(), from, count * sizeof(T), cudaMemcpyDeviceToHost));
  }

 private:
  std::vector<void*> memory_;
};

}  // namespace

Result<OffsetField> FindTileFieldOnCuda(const std::vector<MatchPlanes>& source,
                                        const std::vector<MatchPlanes>& target,
                                        const TileSearchOptions& options,
                                        const TileSearchKey& key,
                                        int device) {
  WEFT_RETURN_IF_ERROR(ToStatus(cudaSetDevice(device)));
  CudaMachine machine;
  WEFT_ASSIGN_OR_RETURN(const FieldView found,
                        BlockLevels<CudaMachine>(machine, options, key).Find(source, target));
  OffsetField field{found.width, found.height, {}, {}};
  const std::size_t pixels = field.Index(0, field.height);
  WEFT_RETURN_IF_ERROR(machine.Fetch(found.offsets, pixels, &field.offsets));
  WEFT_RETURN_IF_ERROR(machine.Fetch(found.costs, pixels, &field.costs));
  return field;
}

}  // namespace weft::deflicker
