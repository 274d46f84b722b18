import { useQuery } from "@tanstack/vue-query";
import { watchEffect } from "vue";
import { district } from "@/api/calls";
import { useZone } from "../clock";

/** The district that this instance serves; read once a visit. */
export function useDistrict() {
  const query = useQuery({ queryKey: ["district"], queryFn: district, staleTime: Infinity });
  watchEffect(() => {
    if (query.data.value) useZone(query.data.value.zone);
  });
  return query;
}
