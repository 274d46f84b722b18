import gcoord from "gcoord";

type At = { lon: number; lat: number };
export interface MapLink { key: "amap" | "baidu" | "tencent" | "geo"; href: string }

const fixed = (n: number): string => n.toFixed(6);

/**
 * Ways to open a place in the map of the phone, each in the datum that it expects: Gaode and Tencent count in GCJ-02, Baidu in BD-09, `geo:` in WGS84
 * (RFC 5870). These are schemes of apps on the phone: the page itself asks no other host.
 */
export function mapLinks(at: At, name: string, agent: string = navigator.userAgent): MapLink[] {
  const [gcjLon, gcjLat] = gcoord.transform([at.lon, at.lat], gcoord.WGS84, gcoord.GCJ02) as [number, number];
  const [bdLon, bdLat] = gcoord.transform([at.lon, at.lat], gcoord.WGS84, gcoord.BD09) as [number, number];
  const label = encodeURIComponent(name);
  const apple = /iPhone|iPad|Macintosh/.test(agent);
  const amap = apple ? "iosamap://path?sourceApplication=jingwei" : "amapuri://route/plan/?sourceApplication=jingwei";
  const links: MapLink[] = [
    { key: "amap", href: `${amap}&dlat=${fixed(gcjLat)}&dlon=${fixed(gcjLon)}&dname=${label}&dev=0&t=2` },
    { key: "baidu", href: `${apple ? "baidumap" : "bdapp"}://map/direction?destination=latlng:${fixed(bdLat)},${fixed(bdLon)}|name:${label}&coord_type=bd09ll&mode=walking&src=jingwei` },
    { key: "tencent", href: `qqmap://map/routeplan?type=walk&to=${label}&tocoord=${fixed(gcjLat)},${fixed(gcjLon)}&referer=jingwei` },
  ];
  return apple ? links : [...links, { key: "geo", href: `geo:${fixed(at.lat)},${fixed(at.lon)}?q=${fixed(at.lat)},${fixed(at.lon)}(${label})` }];
}
