// Which files of a job lie elsewhere than in the file systems of its workers: objects of an
// S3-compatible store, files that were handed to the coordinator, and results that it keeps.

#pragma once

#include <string>
#include <vector>

#include "weft/v1/job.pb.h"

namespace weft {

// Whether one of its clips, or its output, is an object.
bool UsesObjects(const v1::JobSpec& job);

// Whether one of its files was handed to the coordinator.
bool UsesUploads(const v1::JobSpec& job);

// Whether the coordinator keeps what the job writes.
bool KeepsResult(const v1::JobSpec& job);

// What the job reads and can be handed in as it is: clips, control maps, LoRAs, embeddings,
// anchors, and the files of models that were handed in. None is empty.
std::vector<std::string*> FilesOf(v1::JobSpec& job);
std::vector<const std::string*> FilesOf(const v1::JobSpec& job);

// Where models are, their parts and ControlNets: folders or files. None is empty.
std::vector<std::string*> ModelPathsOf(v1::JobSpec& job);

// Of the probe of a job with objects: weft.v1.ObjectVersions.
inline constexpr char kObjectsOutput[] = "objects";

}  // namespace weft
