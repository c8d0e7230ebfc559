#include "coordinator/cli/control_option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cli {
namespace {

using testing::HasSubstr;

std::string Complaint(const std::string& text) {
  const Result<v1::Control> control = ParseControl(text);
  return control ? "nothing" : control.error().message();
}

TEST(ControlOption, NamesItsKindAndScale) {
  const v1::Control control = ParseControl("softedge=0.8").value();
  EXPECT_EQ(control.kind(), v1::CONTROL_KIND_SOFT_EDGE);
  EXPECT_EQ(control.scale(), 0.8);
  EXPECT_EQ(control.start(), 0.0);
  EXPECT_EQ(control.end(), 1.0);
  EXPECT_EQ(control.net_path(), "");
  EXPECT_EQ(ParseControl("tile=1")->kind(), v1::CONTROL_KIND_TILE);
}

TEST(ControlOption, MayNameItsNetItsMapsAndItsSteps) {
  const v1::Control control =
      ParseControl("depth=1,maps=/c/depth.mp4,end=0.5,net=/n/d=1.safetensors,start=0.25").value();
  EXPECT_EQ(control.kind(), v1::CONTROL_KIND_DEPTH);
  EXPECT_EQ(control.net_path(), "/n/d=1.safetensors");
  EXPECT_EQ(control.maps_path(), "/c/depth.mp4");
  EXPECT_EQ(control.start(), 0.25);
  EXPECT_EQ(control.end(), 0.5);
}

TEST(ControlOption, KindsThatNeedAnAnnotatorNeedMaps) {
  for (const std::string kind : {"depth", "openpose", "canny", "lineart"}) {
    EXPECT_THAT(Complaint(kind + "=1"), HasSubstr(kind + " needs maps=CLIP"));
    EXPECT_TRUE(ParseControl(kind + "=1,maps=/m.mp4"));
  }
}

TEST(ControlOption, DepthMayBeSteady) {
  EXPECT_FALSE(ParseControl("depth=1,maps=/m.mp4")->steady());
  EXPECT_TRUE(ParseControl("depth=1,maps=/m.mp4,steady")->steady());
  EXPECT_TRUE(ParseControl("depth=1,steady=yes,maps=/m.mp4")->steady());
  EXPECT_FALSE(ParseControl("depth=1,steady=no,maps=/m.mp4")->steady());
  EXPECT_THAT(Complaint("depth=1,maps=/m.mp4,steady=often"), HasSubstr("steady must be true or"));
  EXPECT_THAT(Complaint("canny=1,maps=/m.mp4,steady"), HasSubstr("steady is for depth"));
}

TEST(ControlOption, SaysWhatIsWrong) {
  for (const char* const text : {"", "softedge", "edges=1", "=1", ",softedge=1"}) {
    EXPECT_THAT(Complaint(text), HasSubstr("must be KIND=SCALE")) << text;
  }
  EXPECT_EQ(Complaint("softedge=3"), "softedge's scale must be a number from 0 to 2, not \"3\"");
  EXPECT_THAT(Complaint("tile=1,nets=/n"), HasSubstr("not \"nets\""));
  EXPECT_THAT(Complaint("tile=1,net=/a,b"), HasSubstr("comma"));
  EXPECT_THAT(Complaint("tile=1,"), HasSubstr("not \"\""));
  EXPECT_THAT(Complaint("tile=1,net="), HasSubstr("net must name a file"));
  EXPECT_THAT(Complaint("tile=1,net=/a,net=/b"), HasSubstr("net twice"));
  EXPECT_THAT(Complaint("tile=1,start=x"), HasSubstr("start must be a number from 0 to 1"));
  EXPECT_THAT(Complaint("tile=1,end=1.5"), HasSubstr("end must be a number from 0 to 1"));
  EXPECT_THAT(Complaint("tile=1,start=0.5,end=0.5"), HasSubstr("start below its end"));
  EXPECT_THAT(Complaint("tile=1,start=1"), HasSubstr("start below its end"));
}

TEST(ControlOption, PathsAreSeenFromAFolder) {
  EXPECT_EQ(WithAbsolutePaths("depth=1,net=../n/d,maps=/m.mp4,end=0.5", "/jobs/a"),
            "depth=1,net=/jobs/n/d,maps=/m.mp4,end=0.5");
  for (const char* const text : {"softedge=1", "softedge", "", "tile=1,net", "tile=1,net=,"}) {
    EXPECT_EQ(WithAbsolutePaths(text, "/jobs"), text);
  }
}

TEST(ControlOption, AMapBecomesTheSameText) {
  EXPECT_EQ(ControlText({{"net", "n"}, {"scale", "0.6"}, {"kind", "tile"}}), "tile=0.6,net=n");
  EXPECT_EQ(ControlText({{"kind", "tile"}}), "tile=1");
  EXPECT_THAT(ControlText({{"kind", "tile"}, {"strength", "1"}}).error().message(),
              HasSubstr("no \"strength\" of a control"));
  EXPECT_THAT(ControlText({{"scale", "1"}}).error().message(), HasSubstr("lacks its kind"));
}

}  // namespace
}  // namespace weft::cli
